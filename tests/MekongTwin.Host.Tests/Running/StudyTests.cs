using System.Net;
using System.Text;
using System.Text.Json;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Scenarios;

namespace MekongTwin.Host.Tests.Running;

/// <summary>What-if studies over HTTP and from files.</summary>
public sealed class StudyTests : IDisposable
{
    private const string Heat = """{"name":"heat","city":"vn-dad","from":"2026-06-15","futures":2,"levers":[{"kind":"heatWave","deltaC":4}]}""";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AStudyOfTheLivingCityIsAskedForRunAndRead()
    {
        await using var served = await Served.StartAsync(_directory);
        var asked = await AskAsync(served, Heat);
        var first = await ReportAsync(served, asked);
        Assert.Equal("vn-dad", first.GetProperty("base").GetProperty("city").GetString());
        Assert.True(P50(first, "scenario", "peakMw") > P50(first, "baseline", "peakMw"));
        Assert.Contains("exceeded in 10 % of futures", first.GetProperty("note").GetString(), StringComparison.Ordinal);
        Assert.Equal(96, first.GetProperty("firstDay").GetArrayLength());
        Assert.Single((await served.GetAsync("/api/v1/studies")).GetProperty("items").EnumerateArray());
        Assert.Equal(HttpStatusCode.NoContent, (await served.AskAsync(HttpMethod.Delete, $"/api/v1/studies/{asked}")).Code);
        Assert.Empty((await served.GetAsync("/api/v1/studies")).GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("""{"name":"x","city":"hue"}""", "city: there is no 'hue'")]
    [InlineData("""{"name":"x","city":"vn-dad","at":"2999-01-01T00:00+07:00"}""", "at: 2999-01-01T00:00+07:00 has not come yet")]
    [InlineData("""{"name":"x","city":"vn-dad","levers":[{"kind":"outage","element":"zz","fromHour":1,"toHour":2}]}""", "levers[0].element: the city has no line, transformer or feeder 'zz'")]
    [InlineData("""{"name":"x","city":"vn-dad","days":3660,"futures":1000}""", "futures: 1000 futures of 3660 days are more than 36600 days")]
    public async Task WhatCannotBeIsRefusedWithItsField(string scenario, string says)
    {
        await using var served = await Served.StartAsync(_directory);
        var (code, text) = await served.AskAsync(HttpMethod.Post, "/api/v1/studies", JsonSerializer.Deserialize<JsonElement>(scenario));
        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Contains(says, JsonSerializer.Deserialize<JsonElement>(text).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatWaitedWhenTheProgramEndedRunsAtTheNextStart()
    {
        var path = Path.Combine(_directory.In("data"), "studies", "20260101T000000-abcdef");
        Directory.CreateDirectory(path);
        await File.WriteAllTextAsync(Path.Combine(path, "scenario.json"), Heat, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(path, "study.json"), """{"id":"20260101T000000-abcdef","name":"heat","city":"vn-dad","state":"running","progress":0.5,"asked":"2026-01-01T07:00:00+07:00","by":"open","fault":null}""", TestContext.Current.CancellationToken);
        // Half of another one, from before anybody was told of it.
        Directory.CreateDirectory(Path.Combine(_directory.In("data"), "studies", "20260101T000001-abcdef"));
        await using var served = await Served.StartAsync(_directory);
        Assert.Single((await served.GetAsync("/api/v1/studies")).GetProperty("items").EnumerateArray());
        var report = await ReportAsync(served, "20260101T000000-abcdef");
        Assert.StartsWith("2026-01-01T07:00:00", report.GetProperty("base").GetProperty("asOf").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStudyThatRunsCanBeStopped()
    {
        await using var served = await Served.StartAsync(_directory);
        var asked = await AskAsync(served, Heat.Replace("\"futures\":2", "\"futures\":100,\"days\":366", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NoContent, (await served.AskAsync(HttpMethod.Delete, $"/api/v1/studies/{asked}")).Code);
        await Patience.UntilAsync(async () => await StateAsync(served, asked) == "cancelled", () => "it is stopped");
        Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync(HttpMethod.Get, $"/api/v1/studies/{asked}/report")).Code);
        Assert.False(File.Exists(Path.Combine(_directory.In("data"), "studies", asked, "report.json")));
    }

    [Theory]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"heatWav"}]}""", "levers[0].kind: there is no lever 'heatWav'; did you mean 'heatWave'?")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"heatWave","deltaC":99}]}""", "levers[0].deltaC: 99 is outside -10 to 10")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"heatWave","deltaC":1,"delta":2}]}""", "levers[0].delta: unknown field; did you mean 'deltaC'?")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"outage","element":"e","fromHour":4,"toHour":3}]}""", "levers[0].toHour: must be later than fromHour")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"electricCars","share":0.1,"charging":"noon"}]}""", "levers[0].charging: 'noon' is none of evening, workplace, managed")]
    [InlineData("""{"name":"x","city":"c","days":1.5}""", "days: must be a whole number")]
    [InlineData("""{"name":"x","city":"c","at":"tomorrow"}""", "at: 'tomorrow' is not an instant with its offset")]
    [InlineData("""{"name":"x","levers":{}}""", "'city' is missing")]
    [InlineData("""{"name":"x","city":"c","screen":["n2"]}""", "screen[0]: 'n2' is none of n1, hosting, ageing, remedies")]
    [InlineData("[", "not valid JSON")]
    public void AFilesMistakesAreNamed(string text, string says)
    {
        var refused = Assert.Throws<InputException>(() => ScenarioFile.Read("s.json", Encoding.UTF8.GetBytes(text)));
        Assert.StartsWith("s.json:1: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(Served served, string scenario)
    {
        var (code, text) = await served.AskAsync(HttpMethod.Post, "/api/v1/studies", JsonSerializer.Deserialize<JsonElement>(scenario));
        Assert.Equal(HttpStatusCode.Accepted, code);
        return JsonSerializer.Deserialize<JsonElement>(text).GetProperty("id").GetString()!;
    }

    private static async Task<string?> StateAsync(Served served, string id) => (await served.GetAsync($"/api/v1/studies/{id}")).GetProperty("state").GetString();

    private static async Task<JsonElement> ReportAsync(Served served, string id)
    {
        await Patience.UntilAsync(async () => await StateAsync(served, id) == "done", () => $"study {id} is done");
        return await served.GetAsync($"/api/v1/studies/{id}/report");
    }

    private static double P50(JsonElement report, string side, string figure) => report.GetProperty(side).GetProperty(figure).GetProperty("p50").GetDouble();
}
