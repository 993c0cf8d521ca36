using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;
using MekongTwin.Host.Cities;

namespace MekongTwin.Host.Commands;

/// <summary><c>status</c>: asks a running server how it is.</summary>
internal static class StatusCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Make()
    {
        var url = new Option<string>("--url") { Description = "The server", DefaultValueFactory = _ => "http://localhost:8080" };
        var token = new Option<string?>("--token") { Description = "A user's token", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("MEKONGTWIN_TOKEN") };
        var command = new Command("status", "Shows a running server's health, doors and ledger; exit code 1 when it is not ready") { url, token };
        command.SetAction(async (result, ct) =>
        {
            if (!Uri.TryCreate(result.GetValue(url), UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https")) throw new InputException($"--url {result.GetValue(url)}: write it as http://localhost:8080.");
            using var client = new HttpClient { BaseAddress = server, Timeout = TimeSpan.FromSeconds(10) };
            if (result.GetValue(token) is { } bearer) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
            try
            {
                using var ready = await client.GetAsync("/health/ready", ct);
                foreach (var path in (string[])["/health/ready", "/api/v1/status", "/api/v1/ledger"])
                {
                    using var response = await client.GetAsync(path, ct);
                    Console.WriteLine($"{path}  {(int)response.StatusCode}");
                    Console.WriteLine(JsonSerializer.Serialize(await JsonSerializer.DeserializeAsync<JsonElement>(await response.Content.ReadAsStreamAsync(ct), cancellationToken: ct), Indented));
                }
                return ready.IsSuccessStatusCode ? 0 : 1;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException)
            {
                Console.Error.WriteLine($"{result.GetValue(url)}: {e.Message} Is the server running? Start it with 'serve', or give its --url.");
                return 1;
            }
        });
        return command;
    }
}
