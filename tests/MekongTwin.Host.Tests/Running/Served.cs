using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Tests.Running;

/// <summary>The program in this process, on free ports, with what tests ask of it.</summary>
internal sealed class Served : IAsyncDisposable
{
    private readonly HttpClient _client;

    private Served(TwinServer server)
    {
        Server = server;
        _client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{server.HttpPort}") };
    }

    public const string Transformer = "vn-dad/thanh-khe/tx/0201";

    public static string City => Path.Combine(AppContext.BaseDirectory, "cities", "vn-dad");

    /// <summary>Copies the pilot's folder, to change something in it.</summary>
    public static void CopyCity(string to)
    {
        foreach (var file in Directory.GetFiles(City, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(City, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public TwinServer Server { get; }

    public int Mqtt => Server.MqttPort;

    public static async Task<Served> StartAsync(TemporaryDirectory directory, Func<ServeOptions, ServeOptions>? change = null)
    {
        var options = new ServeOptions { Cities = [City], Data = directory.In("data"), Http = "0", Mqtt = "0", Simulate = false, Workers = 1 };
        return new(await TwinServer.StartAsync(change?.Invoke(options) ?? options, TestContext.Current.CancellationToken));
    }

    /// <summary>On a clock of the test's own.</summary>
    public static async Task<Served> StartAsync(TemporaryDirectory directory, TimeProvider clock, Func<ServeOptions, ServeOptions>? change = null)
    {
        var options = new ServeOptions { Cities = [City], Data = directory.In("data"), Http = "0", Mqtt = "0", Simulate = false, Workers = 1 };
        options = change?.Invoke(options) ?? options;
        return new(await TwinServer.StartAsync(
            options, new Users(new UserFile(DataDirectory.UsersFile(options.Data))), async _ => await TwinCore.OpenAsync(options, clock, TestContext.Current.CancellationToken),
            static (_, _, _) => throw new UnreachableException(), TestContext.Current.CancellationToken));
    }

    /// <summary>A time as devices write it: recent, whole milliseconds.</summary>
    public static string Time(int secondsAgo) => DateTimeOffset.UtcNow.AddSeconds(-secondsAgo).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    public async Task PublishAsync(string topic, string payload)
    {
        await using var client = await TinyMqtt.OpenAsync(Mqtt);
        await client.PublishAsync(topic, payload);
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        await Server.Core.SettleAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Long);
        return await _client.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken);
    }

    public Task<JsonElement> AssetAsync(string id = Transformer) => GetAsync("/api/v1/assets/" + Uri.EscapeDataString(id));

    public async Task<double> LatestAsync(string id = Transformer, string metric = "P") => (await AssetAsync(id)).GetProperty("latest").GetProperty(metric).GetProperty("value").GetDouble();

    /// <summary>The account, which must be balanced and settled.</summary>
    public async Task<JsonElement> LedgerAsync()
    {
        JsonElement page = default;
        await Patience.UntilAsync(async () => (page = await GetAsync("/api/v1/ledger")).GetProperty("total").GetProperty("pending").GetInt64() == 0, () => $"nothing is pending: {page}");
        var total = page.GetProperty("total");
        long Sum(string part) => total.GetProperty(part).EnumerateObject().Sum(reason => reason.Value.GetInt64());
        Assert.Equal(total.GetProperty("received").GetInt64(), total.GetProperty("stored").GetInt64() + total.GetProperty("duplicate").GetInt64() + Sum("rejected") + Sum("quarantined"));
        Assert.True(page.GetProperty("balanced").GetBoolean());
        return total;
    }

    public async Task<(HttpStatusCode Code, string Text)> AskAsync(HttpMethod method, string path, object? body = null, AuthenticationHeaderValue? authorization = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = authorization;
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) =>
        _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

    public static AuthenticationHeaderValue Basic(string user, string password) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Server.DisposeAsync();
    }
}
