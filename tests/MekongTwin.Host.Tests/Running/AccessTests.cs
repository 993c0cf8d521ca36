using System.Net;
using System.Net.Http.Headers;
using System.Text;
using MekongTwin.Domain.Access;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Tests.Running;

/// <summary>What users may do, for how long, and how passwords are verified: the list alone and the running program.</summary>
public sealed class AccessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string UsersFile => DataDirectory.UsersFile(_directory.In("data"));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task GuessingIsBoundedAndDoesNotLockOutWhoIsKnown()
    {
        var (password, _) = Users.Add(UsersFile, "engineer-1", Role.Admin, null);
        var users = new Users(new UserFile(UsersFile));
        Assert.Equal("engineer-1", (await VerifyAsync(users, "engineer-1", password)).Principal?.Name);
        var guesses = Enumerable.Range(0, Users.WaitingMax * 4).Select(number => Task.Run(() => VerifyAsync(users, number % 2 == 0 ? "engineer-1" : "nobody", $"guess {number}"))).ToArray();
        await Patience.UntilAsync(() => guesses.Any(guess => guess.IsCompleted), () => "the queue is full");
        var known = VerifyAsync(users, "engineer-1", password);
        Assert.True(known.IsCompleted);
        Assert.Equal("engineer-1", (await known).Principal?.Name);
        var answers = await Task.WhenAll(guesses);
        Assert.All(answers, answer => Assert.Null(answer.Principal));
        Assert.Contains(answers, answer => answer.IsBusy);
        Assert.Contains(answers, answer => !answer.IsBusy);
    }

    [Fact]
    public async Task OnlyWhoHasNotChangedIsCurrent()
    {
        var (password, _) = Users.Add(UsersFile, "engineer-1", Role.Admin, null);
        var (_, token) = Users.Add(UsersFile, "bo", Role.Viewer, null);
        Users.Add(UsersFile, "cu", Role.Viewer, "old");
        var users = new Users(new UserFile(UsersFile));
        var anna = (await VerifyAsync(users, "engineer-1", password)).Principal!;
        var bo = users.VerifyToken(token)!;
        var cu = (await VerifyAsync(users, "cu", "old")).Principal!;
        var version = users.Version;
        Users.Revoke(UsersFile, "bo");
        Users.Add(UsersFile, "cu", Role.Viewer, "new");
        await Patience.UntilAsync(() => users.Version != version, () => "the change is seen");
        await Patience.UntilAsync(() => !users.IsCurrent(cu), () => "both changes are seen");
        Assert.Equal((true, false), (users.IsCurrent(anna), users.IsCurrent(bo)));
        Assert.False(users.IsCurrent(Principal.Open));
        Assert.True(VerifyAsync(users, "engineer-1", password).IsCompleted);
        Assert.Null((await VerifyAsync(users, "cu", "old")).Principal);
    }

    [Fact]
    public async Task AFileThatBreaksClosesOpenDoors()
    {
        var users = new Users(new UserFile(UsersFile));
        Assert.True(users.IsOpen);
        Directory.CreateDirectory(_directory.In("data"));
        await File.WriteAllTextAsync(UsersFile, "broken", TestContext.Current.CancellationToken);
        await Patience.UntilAsync(() => !users.IsOpen, () => "the doors are closed");
        Assert.False(users.IsCurrent(Principal.Open));
    }

    [Theory]
    [InlineData("/api/v1/live")]
    [InlineData("/api/v1/live?assets=vn-dad/no-such")]
    public async Task StreamsAndConnectionsOfEverybodyEndWithTheFirstUserAndAUsersWithRevoking(string stream)
    {
        await using var server = await StartAsync();
        using var client = Client(server);
        await using var everybody = await TinyMqtt.OpenAsync(server.MqttPort);
        await EndsAsync(client, stream, () => Users.Add(UsersFile, "engineer-1", Role.Admin, "secret"));
        // The door looks every second, by a timer of its own.
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true) await everybody.PublishAsync("mt/v1/vn-dad/x", "1");
        });
        client.DefaultRequestHeaders.Authorization = Basic("engineer-1", "secret");
        await EndsAsync(client, stream, () => Users.Revoke(UsersFile, "engineer-1"));
    }

    [Fact]
    public async Task TooManySignInsAreToldToComeBack()
    {
        Users.Add(UsersFile, "engineer-1", Role.Admin, "secret");
        await using var server = await StartAsync();
        using var client = Client(server);
        client.DefaultRequestHeaders.Authorization = Basic("engineer-1", "wrong");
        var answers = await Task.WhenAll(Enumerable.Range(0, Users.WaitingMax * 4).Select(_ => client.GetAsync("/api/v1/ledger", TestContext.Current.CancellationToken)));
        Assert.All(answers, answer => Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests));
        var busy = answers.First(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal(TimeSpan.FromSeconds(1), busy.Headers.RetryAfter?.Delta);
    }

    [Theory]
    [InlineData("/", HttpStatusCode.OK)]
    [InlineData("/api/v1/cities", HttpStatusCode.OK)]
    [InlineData("/api/v1/assets/none", HttpStatusCode.NotFound)]
    [InlineData("/none", HttpStatusCode.NotFound)]
    public async Task EveryResponseHasTheSecurityHeaders(string path, HttpStatusCode code)
    {
        await using var server = await StartAsync();
        using var client = Client(server);
        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(code, response.StatusCode);
        Assert.Equal("default-src 'self'; frame-ancestors 'none'", response.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<style", page, StringComparison.Ordinal);
    }

    private static Task<Verification> VerifyAsync(Users users, string name, string password) =>
        users.VerifyAsync(name, Encoding.UTF8.GetBytes(password), TestContext.Current.CancellationToken).AsTask();

    private static AuthenticationHeaderValue Basic(string user, string password) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private static HttpClient Client(TwinServer server) => new() { BaseAddress = new($"http://127.0.0.1:{server.HttpPort}"), Timeout = Patience.Long };

    /// <summary>Opens a stream and reads it to its end, which the change brings about.</summary>
    private static async Task EndsAsync(HttpClient client, string path, Action change)
    {
        using var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var reading = response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.False(reading.IsCompleted);
        change();
        await reading.WaitAsync(Patience.Long);
    }

    private Task<TwinServer> StartAsync() => TwinServer.StartAsync(
        new ServeOptions { Cities = [Path.Combine(AppContext.BaseDirectory, "cities", "vn-dad")], Data = _directory.In("data"), Http = "0", Mqtt = "0", Simulate = false, Workers = 1 },
        TestContext.Current.CancellationToken);
}
