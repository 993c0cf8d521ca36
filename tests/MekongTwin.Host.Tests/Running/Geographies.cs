using System.Globalization;
using System.Text;
using System.Text.Json;
using MekongTwin.Domain.Access;
using MekongTwin.Domain.Units;
using MekongTwin.Host.Running;
using MekongTwin.Host.Tests.Cities;
using Microsoft.Data.Sqlite;

namespace MekongTwin.Host.Tests.Running;

/// <summary>A city that was one district up to a midnight and is two since: each window belongs to the division of its day.</summary>
public sealed class Geographies : IDisposable
{
    private const string Power = "mt/v1/la-vte/east/tx/1/P";

    private readonly TemporaryDirectory _directory = new();

    /// <summary>The first midnight of the new division: the one before yesterday began, in the city's zone.</summary>
    private readonly DateTimeOffset _since = new(DateTimeOffset.UtcNow.ToOffset(TimeSpan.FromHours(7)).Date.AddDays(-1), TimeSpan.FromHours(7));

    public Geographies() => CityFolderPage.WriteExample(City);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string City => _directory.In("city");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task AWindowCountsForTheDistrictOfItsDay()
    {
        Divide();
        await using (var core = await OpenAsync()) await SendOverMidnightAsync(core);
        await using (var core = await OpenAsync()) await AssertDividedAsync(core);
    }

    /// <summary>The division is given to a city that runs already: what was before its day stays where it was.</summary>
    [Fact]
    public async Task ADivisionThatComesLaterRewritesNothingBeforeItsDay()
    {
        Write("districts.geojson", Collection("", [("muang", 90000)]));
        Change("grid.json", "\"district\": \"east\"", "\"district\": \"muang\"");
        Change("grid.json", "\"district\": \"west\"", "\"district\": \"muang\"");
        Change("traffic.json", "\"district\": \"east\"", "\"district\": \"muang\"");
        await using (var core = await OpenAsync())
        {
            await SendOverMidnightAsync(core);
            Assert.Equal(50, await EnergyAsync(core, "la-vte/muang"), 4);
        }
        CityFolderPage.WriteExample(City);
        Divide();
        await using (var core = await OpenAsync()) await AssertDividedAsync(core);
        using var data = DataDirectory.Open(_directory.In("data"), mustExist: true);
        var facts = await Refold.CompareAsync(data, Ct);
        Assert.Equal(facts.Journal, facts.Stored);
    }

    [Fact]
    public async Task EveryFigureOfADistrictNamesItsDivision()
    {
        Divide();
        await using var served = await Served.StartAsync(_directory, options => options with { Cities = [City] });
        await served.PublishAsync(Power, "100");
        var board = await served.GetAsync("/api/v1/cities/la-vte");
        Assert.Equal("two", board.GetProperty("geography").GetString());
        Assert.Equal(["la-vte/east two", "la-vte/west two"], board.GetProperty("districts").EnumerateArray().Select(district => $"{district.GetProperty("id").GetString()} {district.GetProperty("geography").GetString()}"));
        Assert.Equal(100, board.GetProperty("districts")[0].GetProperty("figures").GetProperty("demand").GetProperty("value").GetDouble());
        // Areas and people of the city are those of the division that holds.
        Assert.Equal(Math.Round(90000 / 54.5, 1), board.GetProperty("figures").GetProperty("populationDensity").GetProperty("value").GetDouble());
        var midnight = _since.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);
        foreach (var path in (string[])["/api/v1/assets/la-vte%2Fmuang", $"/api/v1/assets/la-vte%2Fmuang/series?metric=demand&from={_since.AddDays(-1):yyyy-MM-dd}T00:00:00%2B07:00"])
        {
            var former = (await served.GetAsync(path)).GetProperty("geography");
            Assert.Equal(("one", midnight, false), (former.GetProperty("version").GetString(), former.GetProperty("until").GetString(), former.TryGetProperty("from", out var from) && from.ValueKind != JsonValueKind.Null));
        }
        Assert.Equal("la-vte/east", (await served.AssetAsync("la-vte/east/tx/1")).GetProperty("parents").GetProperty("administrative").GetString());
        var drawn = (await served.GetAsync("/api/v1/cities/la-vte/map")).GetProperty("features").EnumerateArray().Where(feature => feature.GetProperty("properties").GetProperty("kind").GetString() == "district").Select(feature => feature.GetProperty("id").GetString());
        Assert.Equal(["la-vte/east", "la-vte/west"], drawn);
    }

    private void Divide()
    {
        var last = _since.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Write("districts/until.geojson", Collection($"\"version\": \"one\", \"validTo\": \"{last}\",", [("muang", 90000)]));
        Change("districts.geojson", "\"features\"", $"\"version\": \"two\", \"validFrom\": \"{_since:yyyy-MM-dd}\", \"features\"");
        Change("grid.json", "\"district\": \"east\"", "\"district\": [\"muang\", \"east\"]");
        Change("grid.json", "\"district\": \"west\"", "\"district\": [\"west\", \"muang\"]");
        Change("traffic.json", "\"district\": \"east\"", "\"district\": [\"muang\", \"east\"]");
    }

    /// <summary>100 kW from a quarter of an hour before the midnight to a quarter after: half of the 50 kWh on either side.</summary>
    private async Task SendOverMidnightAsync(TwinCore core)
    {
        foreach (var minutes in new[] { -15, 0, 15 }) await SendAsync(core, 100, _since.AddMinutes(minutes));
    }

    private static async Task AssertDividedAsync(TwinCore core)
    {
        foreach (var (id, kwh) in new[] { ("la-vte/muang", 25.0), ("la-vte/east", 25), ("la-vte/west", 0), ("la-vte", 50), ("la-vte/fdr/1", 50) }) Assert.Equal(kwh, await EnergyAsync(core, id), 4);
    }

    private async Task<TwinCore> OpenAsync()
    {
        var core = await TwinCore.OpenAsync(new ServeOptions { Cities = [City], Data = _directory.In("data"), Workers = 1 }, TimeProvider.System, Ct);
        core.Start();
        await core.SettleAsync(Ct).WaitAsync(Patience.Long, Ct);
        return core;
    }

    private static async Task SendAsync(TwinCore core, double value, DateTimeOffset time)
    {
        using var source = core.Admissions.Open("mqtt:a", Principal.Open);
        var bytes = Encoding.UTF8.GetBytes(Power);
        source.Admit(source.Resolve(bytes), bytes, Encoding.UTF8.GetBytes(FormattableString.Invariant($"{{\"v\":{value},\"t\":\"{time:yyyy-MM-ddTHH:mm:sszzz}\"}}")));
        await core.Admissions.Commits.WaitDurableAsync(await source.SubmitAsync(Ct), Ct);
        await core.SettleAsync(Ct).WaitAsync(Patience.Long, Ct);
    }

    private static async Task<double> EnergyAsync(TwinCore core, string id) =>
        (await core.Queries.AssetWindowsAsync(core.Model.FindAsset(id)!.Number, 0, long.MaxValue, null, Ct)).Sum(window => FixedPoint.ToDouble(window.Total.EnergyKwh));

    private static string Collection(string head, (string Id, int People)[] districts) =>
        $"{{\"type\": \"FeatureCollection\", {head} \"features\": [{string.Join(",", districts.Select(district => $"{{\"type\": \"Feature\", \"properties\": {{\"id\": \"{district.Id}\", \"name\": \"{district.Id}\", \"population\": {district.People}, \"areaKm2\": 54.5}}, \"geometry\": null}}"))}]}}";

    private void Write(string file, string text)
    {
        var path = Path.Combine(City, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private void Change(string file, string from, string to)
    {
        var path = Path.Combine(City, file);
        var text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
    }
}
