using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MekongTwin.Contracts.Mqtt;
using MekongTwin.Domain.Access;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Commands;
using MekongTwin.Silo.Running;
using MekongTwin.Silo.Storage;

namespace MekongTwin.Silo.Tests;

/// <summary>Orleans' dashboard on a real silo, over real HTTP: administrators see it, nobody else does.</summary>
public sealed class Dashboard(Postgres postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly string[] Paths = ["", "/", "/index.html", "/index.min.js", "/index.css", "/fonts/fa-solid-900.woff2", "/version", "/DashboardCounters", "/ClusterStats", "/GrainTypes", "/TopGrainMethods", "/Reminders", "/GrainState?grainId=x&grainType=y", "/LifecycleStages", "/SiloProperties/x", "/HistoricalStats/x", "/Trace"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OnlyAdministratorsSeeItOnceThereAreUsers()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        await using var one = await StartAsync(database.ConnectionString, "one", dashboard: true);
        await using var two = await StartAsync(database.ConnectionString, "two", dashboard: true);
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new($"http://localhost:{one.HttpPort}") };
        // Without users it is open like everything else, to localhost only.
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(http, "/", null)).StatusCode);
        using (var foreign = new HttpRequestMessage(HttpMethod.Get, SiloDashboard.Path + "/") { Headers = { Host = "elsewhere.example" } })
        {
            Assert.Equal(HttpStatusCode.MisdirectedRequest, (await http.SendAsync(foreign, Ct)).StatusCode);
        }
        await ShowsAsync(http, null);

        var users = await UserTable.OpenAsync(database, Ct);
        var tokens = new Dictionary<Role, string>();
        foreach (var role in Enum.GetValues<Role>())
        {
            var (entry, _, token) = UserEntry.Make($"the-{role}", role, "secret");
            await users.AddAsync(entry, Ct);
            tokens[role] = token;
        }
        await UntilAsync(async () => (await GetAsync(http, "/version", null)).StatusCode == HttpStatusCode.Unauthorized && (await GetAsync(http, "/version", Bearer(tokens[Role.Admin]))).IsSuccessStatusCode, "the silo to know its users");
        foreach (var path in Paths)
        {
            var nobody = await GetAsync(http, path, null);
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, nobody.StatusCode));
            Assert.Equal("Basic", Assert.Single(nobody.Headers.WwwAuthenticate).Scheme);
            Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(http, path, Bearer("mt_guess"))).StatusCode);
            foreach (var (role, token) in tokens)
            {
                if (role != Role.Admin) Assert.Equal((path, role, HttpStatusCode.Forbidden), (path, role, (await GetAsync(http, path, Bearer(token))).StatusCode));
            }
        }
        await ShowsAsync(http, Bearer(tokens[Role.Admin]));
        await ShowsAsync(http, new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("the-Admin:secret"))));
        // The rest is as it was: the page open, routes by role.
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/api/v1/cities", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live", Ct)).StatusCode);
    }

    [Fact]
    public async Task ASiloWithoutItHasNoneAndIsListedAllTheSame()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        await using var one = await StartAsync(database.ConnectionString, "one", dashboard: true);
        await using var two = await StartAsync(database.ConnectionString, "two", dashboard: false);
        using var http = new HttpClient { BaseAddress = new($"http://localhost:{one.HttpPort}") };
        using var other = new HttpClient { BaseAddress = new($"http://localhost:{two.HttpPort}") };
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(other, "/version", null)).StatusCode);
        await ListsBothAsync(http, null);
    }

    private static Task ListsBothAsync(HttpClient http, AuthenticationHeaderValue? who) =>
        UntilAsync(async () => (await ReadAsync(http, "/DashboardCounters", who)).GetProperty("hosts").GetArrayLength() == 2, "both silos to be listed");

    /// <summary>The page, its parts, and the figures that it asks for.</summary>
    private static async Task ShowsAsync(HttpClient http, AuthenticationHeaderValue? who)
    {
        var moved = await GetAsync(http, "", who);
        Assert.Equal((HttpStatusCode.MovedPermanently, SiloDashboard.Path + "/"), (moved.StatusCode, moved.Headers.Location?.ToString()));
        var page = await GetAsync(http, "/", who);
        Assert.Contains("Orleans Dashboard", await page.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Equal("default-src 'self'; frame-ancestors 'none'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
        foreach (var part in (string[])["/index.min.js", "/index.css", "/fonts/fa-solid-900.woff2"]) Assert.Equal(HttpStatusCode.OK, (await GetAsync(http, part, who)).StatusCode);
        await ListsBothAsync(http, who);
        // It profiles only while somebody looks.
        await UntilAsync(async () => (await ReadAsync(http, "/TopGrainMethods", who)).GetProperty("calls").EnumerateArray().Any(call => call.GetProperty("grain").GetString()!.Contains("PartitionGrain", StringComparison.Ordinal)), "calls to partitions to be counted");
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(http, "/Trace", who)).StatusCode);
    }

    private static async Task<JsonElement> ReadAsync(HttpClient http, string path, AuthenticationHeaderValue? who)
    {
        var answer = await GetAsync(http, path, who);
        Assert.Equal((path, HttpStatusCode.OK), (path, answer.StatusCode));
        using var page = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Ct));
        return page.RootElement.Clone();
    }

    private static async Task<HttpResponseMessage> GetAsync(HttpClient http, string path, AuthenticationHeaderValue? who)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, SiloDashboard.Path + path) { Headers = { Authorization = who } };
        return await http.SendAsync(request, Ct);
    }

    private static AuthenticationHeaderValue Bearer(string token) => new("Bearer", token);

    private static Task<TwinServer> StartAsync(string database, string name, bool dashboard) => ServeCommand.StartAsync(new SiloOptions
    {
        Serve = new() { Cities = [Host.Commands.ServeCommand.DefaultCity], Http = "0", Mqtt = "0", Simulate = false },
        Database = database,
        Name = name,
        SiloPort = Programs.FreePort(),
        Dashboard = dashboard,
    }, Ct);

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(TimeSpan.FromMilliseconds(100), Ct))
        {
            if (waited.Elapsed > Patience) Assert.Fail($"Waited too long for {what}.");
        }
    }
}
