using System.Net;
using System.Text.Json;
using MekongTwin.Domain.Access;
using MekongTwin.Host.Running;
using Microsoft.Data.Sqlite;

namespace MekongTwin.Host.Tests.Running;

/// <summary>What quarantine shows, what can be thrown away, and how a wrong mapping is undone; the account stays balanced.</summary>
public sealed class QuarantineTests : IDisposable
{
    private const string Topic = "mt/v1/vn-dad/factory/7/power";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task AKindShowsItsNewestPayloadAndTheTimeThatIsWrong()
    {
        await using var served = await Served.StartAsync(_directory);
        await served.PublishAsync($"mt/v1/{Served.Transformer}/P", """{"v":1,"t":"2099-01-01T00:00:00+07:00"}""");
        // Times are shown in milliseconds, and two messages may come within one.
        await Patience.UntilAsync(async () =>
        {
            await served.PublishAsync($"mt/v1/{Served.Transformer}/P", """{"v":2,"t":"2099-01-02T00:00:00+07:00"}""");
            var kind = (await served.GetAsync("/api/v1/quarantine")).GetProperty("items")[0];
            return kind.GetProperty("first").GetString() != kind.GetProperty("last").GetString();
        }, () => "the newest came later than the first");
        await served.PublishAsync(Topic, """{"v":3}""");
        var kinds = (await served.GetAsync("/api/v1/quarantine")).GetProperty("items").EnumerateArray().ToDictionary(kind => kind.GetProperty("reason").GetString()!);
        var future = kinds["futureTime"];
        Assert.Equal("""{"v":2,"t":"2099-01-02T00:00:00+07:00"}""", future.GetProperty("sample").GetString());
        Assert.Equal("2099-01-02T00:00:00+07:00", future.GetProperty("sampleTime").GetString());
        Assert.Equal($"mt/v1/{Served.Transformer}/P", future.GetProperty("topic").GetString());
        Assert.False(future.GetProperty("mappable").GetBoolean());
        Assert.Equal("""{"v":3}""", kinds["unknownPoint"].GetProperty("sample").GetString());
        Assert.False(kinds["unknownPoint"].TryGetProperty("sampleTime", out _));
        // A source that sends nothing else is seen all the same.
        var source = (await served.GetAsync("/api/v1/ledger")).GetProperty("sources")[0];
        Assert.Equal(kinds["unknownPoint"].GetProperty("last").GetString(), source.GetProperty("lastSeen").GetString());
    }

    [Fact]
    public async Task WhatIsThrownAwayIsRejectedInTheAccountAlsoWhenItIsMadeAgain()
    {
        string account;
        await using (var served = await Served.StartAsync(_directory))
        {
            for (var i = 0; i < 3; i++) await served.PublishAsync(Topic, $$"""{"v":{{i}},"t":"{{Served.Time(60 - i)}}"}""");
            await served.PublishAsync("mt/v1/vn-dad/other/P", "1");
            Assert.Equal(HttpStatusCode.NoContent, (await served.AskAsync(HttpMethod.Delete, $"/api/v1/quarantine/{await IdAsync(served)}")).Code);
            Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync(HttpMethod.Delete, "/api/v1/quarantine/4711")).Code);
            var ledger = await served.LedgerAsync();
            Assert.Equal(3, ledger.GetProperty("rejected").GetProperty("discarded").GetInt64());
            Assert.Equal(1, ledger.GetProperty("quarantined").GetProperty("unknownPoint").GetInt64());
            // The next one begins a new kind; what was thrown away does not come back with it.
            await served.PublishAsync(Topic, $$"""{"v":9,"t":"{{Served.Time(30)}}"}""");
            await served.LedgerAsync();
            Assert.Equal("""{"takenIn":1}""", (await MapAsync(served)).Text);
            account = (await served.LedgerAsync()).ToString();
        }
        SqliteConnection.ClearAllPools();
        File.Delete(_directory.In("data", "twin.db"));
        await using var again = await Served.StartAsync(_directory);
        Assert.Equal(account, (await again.LedgerAsync()).ToString());
    }

    [Fact]
    public async Task AWrongMappingIsTakenBackAndItsHistoryStays()
    {
        await using (var served = await Served.StartAsync(_directory))
        {
            await served.PublishAsync(Topic, $$"""{"v":100,"t":"{{Served.Time(50)}}"}""");
            await served.LedgerAsync();
            await MapAsync(served);
            var mapping = Assert.Single((await served.GetAsync("/api/v1/mappings")).GetProperty("items").EnumerateArray());
            Assert.Equal((Topic, "", Served.Transformer, "P"), (Text(mapping, "topic"), Text(mapping, "name"), Text(mapping, "asset"), Text(mapping, "metric")));
            Assert.Equal(HttpStatusCode.NoContent, (await served.AskAsync(HttpMethod.Delete, $"/api/v1/mappings?topic={Uri.EscapeDataString(Topic)}")).Code);
            Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync(HttpMethod.Delete, $"/api/v1/mappings?topic={Uri.EscapeDataString(Topic)}")).Code);
            await AssertTakenBackAsync(served, 1);
        }
        await using (var served = await Served.StartAsync(_directory)) await AssertTakenBackAsync(served, 2);

        static async Task AssertTakenBackAsync(Served served, int quarantined)
        {
            await served.PublishAsync(Topic, $$"""{"v":200,"t":"{{Served.Time(40)}}"}""");
            Assert.Equal(quarantined, (await served.LedgerAsync()).GetProperty("quarantined").GetProperty("unknownPoint").GetInt64());
            Assert.Equal(100, await served.LatestAsync());
            Assert.Empty((await served.GetAsync("/api/v1/mappings")).GetProperty("items").EnumerateArray());
        }
    }

    [Theory]
    [InlineData("V", "came in V, and")]
    [InlineData("foo", "came in 'foo', which is no unit known here, and")]
    public async Task APointThatCanTakeNothingOfItIsRefused(string unit, string said)
    {
        await using var served = await Served.StartAsync(_directory);
        await served.PublishAsync(Topic, $$"""{"v":230,"u":"{{unit}}","t":"{{Served.Time(60)}}"}""");
        await served.LedgerAsync();
        var (code, text) = await MapAsync(served);
        Assert.Equal(HttpStatusCode.BadRequest, code);
        var detail = JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString();
        Assert.Contains(said, detail, StringComparison.Ordinal);
        Assert.Contains("keeps P in kW", detail, StringComparison.Ordinal);
        Assert.Empty((await served.GetAsync("/api/v1/mappings")).GetProperty("items").EnumerateArray());
        // One that fits is enough.
        await served.PublishAsync(Topic, $$"""{"v":230,"u":"W","t":"{{Served.Time(50)}}"}""");
        await served.LedgerAsync();
        Assert.Equal("""{"takenIn":1}""", (await MapAsync(served)).Text);
    }

    [Fact]
    public async Task WhatCameWithoutATimeKeepsThatMark()
    {
        await using var served = await Served.StartAsync(_directory);
        await served.PublishAsync(Topic, "230");
        await served.LedgerAsync();
        Assert.Equal("""{"takenIn":1}""", (await MapAsync(served)).Text);
        Assert.True((await served.AssetAsync()).GetProperty("latest").GetProperty("P").GetProperty("receiveTime").GetBoolean());
    }

    [Fact]
    public async Task ATopicAboveTheLimitIsRejectedInTheAccount()
    {
        await using var served = await Served.StartAsync(_directory);
        await served.PublishAsync("mt/v1/vn-dad/" + new string('x', 2000), "1");
        Assert.Equal(1, (await served.LedgerAsync()).GetProperty("rejected").GetProperty("topicNotServed").GetInt64());
    }

    [Fact]
    public async Task WithoutAPersonsMappingTheFoldersHoldsAgainAtOnce()
    {
        var city = _directory.In("city");
        Served.CopyCity(city);
        await using (var served = await StartAsync())
        {
            await served.PublishAsync(Topic, $$"""{"v":100,"t":"{{Served.Time(50)}}"}""");
            await served.LedgerAsync();
            await MapAsync(served);
        }
        // Later the folder maps the name too, to another asset: the person's mapping wins until it is taken back.
        const string other = "thanh-khe/tx/0202";
        await File.WriteAllTextAsync(Path.Combine(city, "mappings.json"), $$"""{"names": [{"name": "{{Topic}}", "asset": "{{other}}", "metric": "P"}]}""", TestContext.Current.CancellationToken);
        await using var again = await StartAsync();
        await again.PublishAsync(Topic, $$"""{"v":200,"t":"{{Served.Time(40)}}"}""");
        Assert.Equal(200, await again.LatestAsync());
        Assert.Equal(HttpStatusCode.NoContent, (await again.AskAsync(HttpMethod.Delete, $"/api/v1/mappings?topic={Uri.EscapeDataString(Topic)}")).Code);
        await again.PublishAsync(Topic, $$"""{"v":300,"t":"{{Served.Time(30)}}"}""");
        Assert.Equal(300, await again.LatestAsync($"vn-dad/{other}"));
        Assert.Equal(200, await again.LatestAsync());

        Task<Served> StartAsync() => Served.StartAsync(_directory, options => options with { Cities = [city] });
    }

    [Fact]
    public async Task OnlyEngineersThrowAwayAndTakeBack()
    {
        var users = DataDirectory.UsersFile(_directory.In("data"));
        var planner = Users.Add(users, "planner-1", Role.Planner, null);
        await using var served = await Served.StartAsync(_directory);
        // Who may not is told so, whatever is wrong with the question.
        foreach (var path in (string[])["/api/v1/quarantine/1", "/api/v1/mappings?topic=t", "/api/v1/mappings", "/api/v1/quarantine/1?all=1"])
            Assert.Equal(HttpStatusCode.Forbidden, (await served.AskAsync(HttpMethod.Delete, path, null, new("Bearer", planner.Token))).Code);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static async Task<long> IdAsync(Served served) => (await served.GetAsync("/api/v1/quarantine")).GetProperty("items").EnumerateArray()
        .Single(kind => Text(kind, "topic") == Topic).GetProperty("id").GetInt64();

    private static async Task<(HttpStatusCode Code, string Text)> MapAsync(Served served) =>
        await served.AskAsync(HttpMethod.Post, $"/api/v1/quarantine/{await IdAsync(served)}/map", new { asset = Served.Transformer, metric = "P" });
}
