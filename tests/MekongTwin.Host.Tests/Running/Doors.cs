using System.Net;
using System.Net.Http.Headers;
using MekongTwin.Domain.Access;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Tests.Running;

/// <summary>Who may come in, and which ways of starting are refused with what to do about it.</summary>
public sealed class Doors : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string UsersFile => DataDirectory.UsersFile(_directory.In("data"));

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task AnOpenDoorForEverybodyIsRefusedWithTheCommandThatClosesIt()
    {
        var refusal = await RefusedAsync(options => options with { Http = "0.0.0.0:0" });
        Assert.Contains($"users add NAME --role admin --data {_directory.In("data")}", refusal, StringComparison.Ordinal);
        Assert.Contains("--mqtt", await RefusedAsync(options => options with { Mqtt = "*:0" }), StringComparison.Ordinal);
        Users.Add(UsersFile, "engineer-1", Role.Admin, null);
        await using var served = await Served.StartAsync(_directory, options => options with { Http = "0.0.0.0:0", Mqtt = "0.0.0.0:0" });
        Assert.Equal(HttpStatusCode.Unauthorized, (await served.AskAsync(HttpMethod.Get, "/api/v1/ledger")).Code);
    }

    [Fact]
    public async Task UsersComeInWithPasswordOrTokenAndDoWhatTheirRoleAllows()
    {
        var viewer = Users.Add(UsersFile, "vi", Role.Viewer, "secret one");
        var device = Users.Add(UsersFile, "sensor", Role.Device, null);
        var engineer = Users.Add(UsersFile, "eng", Role.Engineer, null);
        await using var served = await Served.StartAsync(_directory);
        async Task<HttpStatusCode> GetAsync(AuthenticationHeaderValue? authorization) => (await served.AskAsync(HttpMethod.Get, "/api/v1/ledger", null, authorization)).Code;
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(null));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(Served.Basic("vi", "secret two")));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(new("Bearer", viewer.Token + "x")));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(Served.Basic("vi", "secret one")));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(new("Bearer", viewer.Token)));
        Assert.Equal(HttpStatusCode.Forbidden, await GetAsync(Served.Basic("sensor", device.Password)));

        Assert.NotEqual(0, await AnswerAsync(served, null, null));
        Assert.NotEqual(0, await AnswerAsync(served, "sensor", "wrong"));
        var (sensor, answer) = await TinyMqtt.ConnectAsync(served.Mqtt, "s", "sensor", device.Password);
        Assert.Equal(0, answer);
        await using (sensor) await sensor.PublishAsync("mt/v1/vn-dad/nobody/P", "1");
        await served.Server.Core.SettleAsync(TestContext.Current.CancellationToken);
        var map = new { asset = Served.Transformer, metric = "P" };
        Assert.Equal(HttpStatusCode.Forbidden, (await served.AskAsync(HttpMethod.Post, "/api/v1/quarantine/1/map", map, new("Bearer", viewer.Token))).Code);
        Assert.Equal(HttpStatusCode.OK, (await served.AskAsync(HttpMethod.Post, "/api/v1/quarantine/1/map", map, new("Bearer", engineer.Token))).Code);
    }

    [Fact]
    public async Task ARevokedUserIsOutWithinSecondsAndTheDoorsStayClosed()
    {
        var only = Users.Add(UsersFile, "only", Role.Admin, null);
        await using var served = await Served.StartAsync(_directory);
        async Task<HttpStatusCode> GetAsync(AuthenticationHeaderValue? authorization) => (await served.AskAsync(HttpMethod.Get, "/api/v1/ledger", null, authorization)).Code;
        Assert.Equal(HttpStatusCode.OK, await GetAsync(Served.Basic("only", only.Password)));
        Assert.True(Users.Revoke(UsersFile, "only"));
        await Patience.UntilAsync(async () => await GetAsync(Served.Basic("only", only.Password)) == HttpStatusCode.Unauthorized, () => "the revoked user is out");
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(null));
        Assert.NotEqual(0, await AnswerAsync(served, null, null));
    }

    [Fact]
    public async Task ABrokenUsersFileIsRefusedAtTheStartAndChangesNothingWhileRunning()
    {
        var anna = Users.Add(UsersFile, "engineer-1", Role.Admin, null);
        var whole = File.ReadAllText(UsersFile);
        await using (var served = await Served.StartAsync(_directory))
        {
            File.WriteAllText(UsersFile, whole[..(whole.Length / 2)]);
            for (var i = 0; i < 15; i++)
            {
                Assert.Equal(HttpStatusCode.OK, (await served.AskAsync(HttpMethod.Get, "/api/v1/ledger", null, new("Bearer", anna.Token))).Code);
                Assert.Equal(HttpStatusCode.Unauthorized, (await served.AskAsync(HttpMethod.Get, "/api/v1/ledger")).Code);
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }
        }
        Assert.Contains("not a users file", await RefusedAsync(options => options), StringComparison.Ordinal);
        File.WriteAllText(UsersFile, "[null]");
        Assert.Contains("users.json", await RefusedAsync(options => options), StringComparison.Ordinal);
        File.WriteAllText(UsersFile, """[{"Name":"x","Role":"Admin"}]""");
        Assert.Contains("users.json", await RefusedAsync(options => options), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImpossibleOptionsAreRefused()
    {
        Assert.Contains("--broker", await RefusedAsync(options => options with { Simulate = true, Speed = 60, Broker = "mqtt://127.0.0.1:1/#" }), StringComparison.Ordinal);
        Assert.Contains("--broker", await RefusedAsync(options => options with { Simulate = true, Start = DateTimeOffset.UtcNow, Broker = "mqtt://127.0.0.1:1/#" }), StringComparison.Ordinal);
        Assert.Contains("--simulate on", await RefusedAsync(options => options with { Speed = 2 }), StringComparison.Ordinal);
        Assert.Contains("--speed", await RefusedAsync(options => options with { Simulate = true, Speed = double.NaN }), StringComparison.Ordinal);
        Assert.Contains("--retain", await RefusedAsync(options => options with { Retention = TimeSpan.FromHours(1) }), StringComparison.Ordinal);
        Assert.Contains("not a port", await RefusedAsync(options => options with { Http = "70000" }), StringComparison.Ordinal);
        Assert.Contains("not an address", await RefusedAsync(options => options with { Mqtt = "somewhere:1883" }), StringComparison.Ordinal);
        Assert.Contains("--broker", await RefusedAsync(options => options with { Broker = "http://x" }), StringComparison.Ordinal);
        Assert.Contains("--tls-cert", await RefusedAsync(options => options with { TlsCertificate = _directory.In("missing.pem") }), StringComparison.Ordinal);
        // Every refusal gave the data directory back.
        await using var served = await Served.StartAsync(_directory);
    }

    [Fact]
    public async Task APortInUseIsSaidAndTheDataDirectoryIsFreeAgain()
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        Assert.Contains($"--mqtt 127.0.0.1:{port}: another program listens there already", await RefusedAsync(options => options with { Mqtt = $"{port}" }), StringComparison.Ordinal);
        await using var served = await Served.StartAsync(_directory);
    }

    [Fact]
    public async Task AnAddressOfAnotherMachineIsSaid()
    {
        Users.Add(UsersFile, "engineer-1", Role.Admin, null);
        Assert.Contains("192.0.2.1", await RefusedAsync(options => options with { Http = "192.0.2.1:0" }), StringComparison.Ordinal);
    }

    private async Task<string> RefusedAsync(Func<ServeOptions, ServeOptions> change) =>
        (await Assert.ThrowsAsync<InputException>(() => Served.StartAsync(_directory, change))).Message;

    private static async Task<byte> AnswerAsync(Served served, string? user, string? password)
    {
        var (client, answer) = await TinyMqtt.ConnectAsync(served.Mqtt, "someone", user, password);
        await client.DisposeAsync();
        return answer;
    }
}
