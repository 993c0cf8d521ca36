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

    private static readonly JsonSerializerOptions AsReportsWrite = new(JsonSerializerDefaults.Web)
    {
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) }, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

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
        await ItsExportsAsync(served, asked, first);
        await ComparedWithAsync(served, asked, first);
        Assert.Equal(HttpStatusCode.NoContent, (await served.AskAsync(HttpMethod.Delete, $"/api/v1/studies/{asked}")).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync(HttpMethod.Get, $"/api/v1/studies/{asked}")).Code);
    }

    private static async Task ItsExportsAsync(Served served, string asked, JsonElement report)
    {
        var (code, violations) = await served.AskAsync(HttpMethod.Get, $"/api/v1/studies/{asked}/export/violations.csv");
        Assert.Equal(HttpStatusCode.OK, code);
        Assert.Equal(report.GetProperty("violationsInAll").GetInt32(), violations.Split("\r\n").Length - 2);
        Assert.Contains("T00:15:00+07:00,", (await served.AskAsync(HttpMethod.Get, $"/api/v1/studies/{asked}/export/curve.csv")).Text, StringComparison.Ordinal);
        Assert.Contains("2026-06-15,", (await served.AskAsync(HttpMethod.Get, $"/api/v1/studies/{asked}/export/days.csv")).Text, StringComparison.Ordinal);
        Assert.NotEmpty((await served.GetAsync($"/api/v1/studies/{asked}/export/elements.geojson")).GetProperty("features").EnumerateArray());
        var (none, says) = await served.AskAsync(HttpMethod.Get, $"/api/v1/studies/{asked}/export/report.json");
        Assert.Equal(HttpStatusCode.NotFound, none);
        Assert.Contains("no export 'report.json'; it has violations.csv, curve.csv, days.csv, elements.geojson", says, StringComparison.Ordinal);
    }

    /// <summary>What a report carries as asked is asked again with less heat and stands on the same base, though a reading from before it has come in since; what is asked anew does not.</summary>
    private static async Task ComparedWithAsync(Served served, string first, JsonElement report)
    {
        await served.PublishAsync($"mt/v1/{Served.Transformer}/P", $$"""{"v":99,"t":"{{Served.Time(120)}}"}""");
        Assert.Equal(99, await served.LatestAsync());
        var again = await AskAsync(served, report.GetProperty("asked").GetRawText().Replace("\"deltaC\": 4", "\"deltaC\": 2", StringComparison.Ordinal));
        var milder = await ReportAsync(served, again);
        var compared = await served.GetAsync($"/api/v1/studies/compare?ids={first},{again}");
        Assert.Equal([first, again], compared.GetProperty("studies").EnumerateArray().Select(static study => study.GetProperty("id").GetString()!));
        Assert.Equal(P50(milder, "scenario", "peakMw"), P50(compared.GetProperty("studies")[1], "scenario", "peakMw"));
        Assert.True(P50(milder, "scenario", "peakMw") < P50(report, "scenario", "peakMw"));
        Assert.Equal(report.GetProperty("baseline").GetRawText(), milder.GetProperty("baseline").GetRawText());
        var later = await AskAsync(served, Heat.Replace("2026-06-15", "2026-06-16", StringComparison.Ordinal));
        Assert.NotEqual(Hash(report), Hash(await ReportAsync(served, later)));
        Assert.Equal(Hash(report), Hash(milder));
        var (code, text) = await served.AskAsync(HttpMethod.Get, $"/api/v1/studies/compare?ids={first},{later}");
        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Contains("bases=any", text, StringComparison.Ordinal);
        Assert.Equal(2, (await served.GetAsync($"/api/v1/studies/compare?ids={first},{later}&bases=any")).GetProperty("studies").GetArrayLength());
        Assert.Equal(HttpStatusCode.BadRequest, (await served.AskAsync(HttpMethod.Get, $"/api/v1/studies/compare?ids={first}")).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync(HttpMethod.Get, $"/api/v1/studies/compare?ids={first},none")).Code);
    }

    [Theory]
    [InlineData("""{"name":"x","city":"hue"}""", "city: there is no 'hue'")]
    [InlineData("""{"name":"x","city":"vn-dad","at":"2999-01-01T00:00+07:00"}""", "at: 2999-01-01T00:00+07:00 has not come yet")]
    [InlineData("""{"name":"x","city":"vn-dad","levers":[{"kind":"outage","element":"zz","fromHour":1,"toHour":2}]}""", "levers[0].element: the city has no line, transformer or feeder 'zz'")]
    [InlineData("""{"name":"x","city":"vn-dad","from":"0001-01-01"}""", "from: lies outside 2000 to 2200")]
    [InlineData("""{"name":"x","city":"vn-dad","at":"0001-01-01T00:00Z"}""", "at: lies before 2000")]
    [InlineData("""{"name":"x","city":"vn-dad","levers":[{"kind":"outage","element":"fdr/471-thachthang","fromHour":1,"toHour":3},{"kind":"outage","element":"ln/471-thachthang/4","fromHour":2,"toHour":4}]}""", "levers[1].element: is on a feeder of which another element is out at the same hours")]
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

    /// <summary>What it was when the program ended three times may be what ended it.</summary>
    [Fact]
    public async Task AStudyThatWasBegunTooOftenIsNotBegunAgain()
    {
        var path = Path.Combine(_directory.In("data"), "studies", "20260101T000000-abcdef");
        Directory.CreateDirectory(path);
        await File.WriteAllTextAsync(Path.Combine(path, "scenario.json"), Heat, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(path, "study.json"), """{"id":"20260101T000000-abcdef","name":"heat","city":"vn-dad","state":"running","progress":0.5,"asked":"2026-01-01T07:00:00+07:00","by":"open","fault":null}""", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(path, "starts"), "123", TestContext.Current.CancellationToken);
        await using var served = await Served.StartAsync(_directory);
        await Patience.UntilAsync(async () => await StateAsync(served, "20260101T000000-abcdef") == "failed", () => "it is given up");
        // Those that come after it go on.
        var asked = await AskAsync(served, Heat);
        await ReportAsync(served, asked);
    }

    /// <summary>Ends that were asked for say nothing against a study: any number of them leaves it its starts.</summary>
    [Fact]
    public async Task AnOrderlyEndDoesNotCount()
    {
        string id;
        await using (var served = await Served.StartAsync(_directory))
        {
            id = await AskAsync(served, Heat.Replace("\"futures\":2", "\"futures\":100,\"days\":366", StringComparison.Ordinal));
            await Patience.UntilAsync(async () => await StateAsync(served, id) == "running", () => "it runs");
        }
        Assert.Empty(await File.ReadAllBytesAsync(Path.Combine(_directory.In("data"), "studies", id, "starts"), TestContext.Current.CancellationToken));
    }

    /// <summary>A shelf that refuses once neither ends the studies nor leaves one waiting.</summary>
    [Fact]
    public async Task WhatCannotBeWrittenFailsAndTheNextOneRuns()
    {
        await using var served = await Served.StartAsync(_directory);
        var first = await AskAsync(served, Heat.Replace("\"futures\":2", "\"futures\":100,\"days\":366", StringComparison.Ordinal));
        await Patience.UntilAsync(async () => await StateAsync(served, first) == "running", () => "the first runs");
        var second = await AskAsync(served, Heat);
        // Where a file of it is to be, a directory stands.
        Directory.CreateDirectory(Path.Combine(_directory.In("data"), "studies", second, "starts"));
        var third = await AskAsync(served, Heat);
        Assert.Equal(HttpStatusCode.NoContent, (await served.AskAsync(HttpMethod.Delete, $"/api/v1/studies/{first}")).Code);
        await Patience.UntilAsync(async () => await StateAsync(served, second) == "failed", () => "the second fails");
        await ReportAsync(served, third);
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
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"heatWave","deltaC":{"low":1,"likely":0,"high":2}}]}""", "levers[0].deltaC: 'low' must be at most 'likely'")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"heatWave","deltaC":{"low":1,"high":12}}]}""", "levers[0].deltaC.high: 12 is outside -10 to 10")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"reinforce","element":"e","factor":{"low":1,"likely":2,"high":3}}]}""", "levers[0].factor: must be a number")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"rooftopPv","mwp":1,"exports":"half"}]}""", "levers[0].exports: must be \"free\", \"zero\" or the kW")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"rooftopPv","mwp":1,"exports":-1}]}""", "levers[0].exports: -1 is outside 0 to 100000")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"battery","at":"e","kwh":-1,"kw":5}]}""", "levers[0].kwh: -1 is outside 0 to 1000000")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"battery","at":"e","kwh":1,"kw":5,"roundTrip":0.4}]}""", "levers[0].roundTrip: 0.4 is outside 0.5 to 1")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"battery","at":"e","kwh":1,"kw":5,"schedule":"noon"}]}""", "levers[0].schedule: 'noon' is none of peakShaving, evening")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"battery","at":"e","kwh":1,"kw":5,"fromHour":23}]}""", "levers[0].fromHour: must be earlier than toHour, which is 22 when it is left out")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"transformerTap","raisePercent":7.5}]}""", "levers[0].raisePercent: 7.5 is outside -5 to 5")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"capacitor","at":"n","kvar":20001}]}""", "levers[0].kvar: 20001 is outside 0 to 20000")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"newFeeder","at":"n","lengthKm":0}]}""", "levers[0].lengthKm: 0 is outside 0.01 to 50")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"feederTransfer","close":"l"}]}""", "'open' is missing")]
    [InlineData("""{"name":"x","city":"c","levers":[{"kind":"newLoad","at":"t","kw":1,"kva":5}]}""", "levers[0].kva: 5 is outside 10 to 100000")]
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

    /// <summary>What a report carries as asked is a scenario file again, whichever lever it has.</summary>
    [Theory]
    [InlineData("""{"kind":"heatWave","deltaC":{"low":1,"likely":2,"high":4}}""")]
    [InlineData("""{"kind":"electricMotorbikes","share":{"low":0.1,"likely":0.2,"high":0.4},"charging":"managed","bikesPerPerson":0.6,"kmPerDay":15,"kwhPerKm":0.03}""")]
    [InlineData("""{"kind":"electricCars","share":0.1,"charging":"workplace","peoplePerHousehold":4,"kmPerDay":30,"kwhPerKm":0.2}""")]
    [InlineData("""{"kind":"rooftopPv","mwp":20,"exports":"free"}""")]
    [InlineData("""{"kind":"rooftopPv","mwp":20,"exports":"zero"}""")]
    [InlineData("""{"kind":"rooftopPv","mwp":20,"exports":12.5}""")]
    [InlineData("""{"kind":"growth","percent":3,"percentPerYear":{"low":2,"likely":4,"high":9},"below":"hai-chau"}""")]
    [InlineData("""{"kind":"newLoad","at":"tx/1","kw":800,"customers":"hotel","kva":1000}""")]
    [InlineData("""{"kind":"coolingEfficiency","ratio":0.8}""")]
    [InlineData("""{"kind":"shiftLoad","percent":10,"fromHour":18,"toHour":20.5,"rebound":0.9}""")]
    [InlineData("""{"kind":"battery","at":"fdr/1","kwh":2000,"kw":500,"roundTrip":0.85,"schedule":"evening","fromHour":19,"toHour":22,"chargeFromHour":9,"chargeToHour":15}""")]
    [InlineData("""{"kind":"tariffHours","percent":{"low":5,"likely":10,"high":20}}""")]
    [InlineData("""{"kind":"outage","element":"fdr/1","fromHour":18,"toHour":20}""")]
    [InlineData("""{"kind":"switchLine","line":"l","closed":true}""")]
    [InlineData("""{"kind":"feederTransfer","close":"a","open":"b"}""")]
    [InlineData("""{"kind":"newFeeder","at":"n","lengthKm":2.5,"conductor":"c"}""")]
    [InlineData("""{"kind":"reinforce","element":"tx/1","factor":2}""")]
    [InlineData("""{"kind":"headVoltage","pu":1.02,"feeder":"fdr/1"}""")]
    [InlineData("""{"kind":"transformerTap","raisePercent":2.5,"below":"hai-chau"}""")]
    [InlineData("""{"kind":"capacitor","at":"n","kvar":600}""")]
    public void AScenarioIsWrittenAsItIsRead(string lever)
    {
        var text = $$"""{"name":"x","city":"c","at":"2026-11-26T14:00:00.1234567+07:00","from":"2026-12-01","days":2,"futures":3,"seed":4,"levers":[{{lever}}],"screen":["n1","ageing"]}""";
        Assert.Equal(text, JsonSerializer.Serialize(ScenarioFile.Read("s.json", Encoding.UTF8.GetBytes(text)), AsReportsWrite));
    }

    [Theory]
    [InlineData("true", "free")]
    [InlineData("false", "zero")]
    public void OlderWordsForExportsAreUnderstood(string old, string now) => Assert.Equal(
        ScenarioFile.Read("s.json", Encoding.UTF8.GetBytes($$"""{"name":"x","city":"c","levers":[{"kind":"rooftopPv","mwp":1,"exports":"{{now}}"}]}""")).Levers,
        ScenarioFile.Read("s.json", Encoding.UTF8.GetBytes($$"""{"name":"x","city":"c","levers":[{"kind":"rooftopPv","mwp":1,"exports":{{old}}}]}""")).Levers);

    private static string? Hash(JsonElement report) => report.GetProperty("base").GetProperty("hash").GetString();

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
