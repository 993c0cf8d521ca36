using System.Text.Json;
using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Scenarios;
using MekongTwin.Scenarios;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Host.Tests.Running;

/// <summary>Studies of city folders by the built program.</summary>
public sealed class CityStudies : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("kh-pnh", "Cambodia", 2022)]
    [InlineData("la-vte", "Lao PDR", 2022)]
    [InlineData("th-kkn", "Thailand", 2026)]
    [InlineData("mm-mdy", "Myanmar", 2022)]
    public async Task APilotOfEveryCountryIsStudiedByItsOwnRules(string city, string country, int year)
    {
        var file = _directory.In("scenario.json");
        await File.WriteAllTextAsync(file, $$"""{"name":"heat","city":"{{city}}","at":"2026-04-14T12:00:00Z","futures":2,"levers":[{"kind":"heatWave","deltaC":4},{"kind":"battery","at":"{{Feeder(city)}}","kwh":2000,"kw":500}]}""", TestContext.Current.CancellationToken);
        var (code, heard) = await Running.ToEndAsync(Running.Host("scenario", "run", file, "--city", City(city), "--json", "--csv", _directory.In("out")));
        Assert.True(code == 0, heard);
        var report = JsonDocument.Parse(heard[heard.IndexOf('{', StringComparison.Ordinal)..]).RootElement;
        Assert.StartsWith(country, report.GetProperty("criteria").GetProperty("name").GetString(), StringComparison.Ordinal);
        Assert.Equal(year, report.GetProperty("carbon").GetProperty("year").GetInt32());
        Assert.True(P50(report, "scenario", "peakMw") > P50(report, "baseline", "peakMw"));
        Assert.Equal(P50(report, "scenario", "energyMwh") * report.GetProperty("carbon").GetProperty("kgPerKwh").GetDouble(), P50(report, "scenario", "co2T"), 0.01);
        Assert.Equal(0, report.GetProperty("scenario").GetProperty("unsolvedSteps").GetInt64());
        // Myanmar's clock is half an hour behind the others'.
        var offset = city == "mm-mdy" ? "+06:30" : "+07:00";
        Assert.Contains($"T00:15:00{offset},", await File.ReadAllTextAsync(_directory.In("out", "curve.csv"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var map = JsonDocument.Parse(await File.ReadAllTextAsync(_directory.In("out", "elements.geojson"), TestContext.Current.CancellationToken)).RootElement;
        Assert.All(map.GetProperty("features").EnumerateArray(), static feature => Assert.Equal(JsonValueKind.Object, feature.GetProperty("geometry").ValueKind));
    }

    /// <summary>0.7 motorbikes a person, 20 km a day, 0.035 kWh/km: what such a fleet is known to add to a city like this.</summary>
    [Fact]
    public void FourInTenMotorbikesElectricAddWhatTheyMayToTheModelOfDaNang()
    {
        var from = DaNang();
        StudyReport With(ChargingStrategy charging) => StudyRun.Run(from, Ask(8, new ElectricMotorbikes(0.4, charging)), 2);
        var (evening, managed) = (With(ChargingStrategy.Evening), With(ChargingStrategy.Managed));
        Assert.InRange(Added(evening, static side => side.EnergyMwh), 1, 3);
        Assert.InRange(Added(managed, static side => side.EnergyMwh), 1, 3);
        Assert.InRange(Added(evening, static side => side.PeakMw), 3, 12);
        Assert.InRange(Added(managed, static side => side.PeakMw), 0, 2);
    }

    /// <summary>One draw of weather holds for the whole city: what one feeder may be in for does not average out over them.</summary>
    [Fact]
    public void WithWeatherAloneTheCityIsAsUncertainAsItsFeeders()
    {
        var from = DaNang();
        Array.Clear(from.Demand.Loads.SigmaKw);
        var result = StudyRun.Solve(from, Ask(100), 2);
        var (spread, weight) = (0.0, 0.0);
        for (var f = 0; f < from.Elements.Feeders.Length; f++)
        {
            var head = HeadLine(from.Elements, f);
            var (loading, load) = (result.Elements[head].LoadingPercent, result.Elements[head].LoadingPercent.P50 * from.Elements.Grid.Network.Branches.RatingFrom[head]);
            (spread, weight) = (spread + (load * Spread(loading)), weight + load);
        }
        var ofCity = Spread(result.Report.Baseline.PeakMw);
        Assert.True(ofCity >= 0.9 * spread / weight, $"the city's is {ofCity:0.0000}, the feeders' {spread / weight:0.0000}");
        Assert.True(spread / weight > 0.005, $"there is weather: {spread / weight:0.0000}");

        static double Spread(Percentiles value) => (value.P90 - value.P50) / value.P50;
    }

    /// <summary>The city as its customers are assumed to take, on the day of its known peak.</summary>
    private static StudyBase DaNang()
    {
        List<Network> networks = [];
        var model = ModelMerge.Onto(Model.Empty, CityFolder.Read([City("vn-dad")], [], networks));
        return new StudyBases(model, model, networks.Single()).Assume(new DateTimeOffset(2024, 6, 14, 12, 0, 0, TimeSpan.FromHours(7)));
    }

    private static Scenario Ask(int futures, params Lever[] levers) => new("test", "vn-dad") { Futures = futures, Levers = [.. levers] };

    /// <summary>Per cent that a scenario's median adds to the baseline's.</summary>
    private static double Added(StudyReport report, Func<StudySummary, Percentiles> figure) => 100 * ((figure(report.Scenario).P50 / figure(report.Baseline).P50) - 1);

    /// <summary>A line that leaves a feeder's head.</summary>
    private static int HeadLine(CityElements elements, int feeder)
    {
        var (grid, head) = (elements.Grid, elements.Grid.Heads[feeder]);
        return Enumerable.Range(0, grid.City.Lines.Length).First(line => grid.Network.Branches.InService[line] && (grid.City.Lines[line].From == head || grid.City.Lines[line].To == head));
    }

    private static string City(string id) => Path.Combine(AppContext.BaseDirectory, "cities", id);

    /// <summary>The first feeder of the folder's first grid file.</summary>
    private static string Feeder(string city) =>
        JsonDocument.Parse(File.ReadAllText(Directory.GetFiles(Path.Combine(City(city), "grid"), "*.json").Order(StringComparer.Ordinal).First())).RootElement.GetProperty("feeders")[0].GetProperty("id").GetString()!;

    private static double P50(JsonElement report, string side, string figure) => report.GetProperty(side).GetProperty(figure).GetProperty("p50").GetDouble();
}
