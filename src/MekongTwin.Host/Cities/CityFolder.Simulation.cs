using System.Globalization;
using System.Text.Json;
using MekongTwin.Domain.Assets;

namespace MekongTwin.Host.Cities;

/// <summary>What the simulator reads (<c>simulation.json</c>): checked here, because who writes it checks the folder, not the simulator.</summary>
internal sealed partial class CityFolder
{
    private const int MonthsOfYear = 12;

    private static readonly string[] NewYears = ["lunar", "april"];

    private void ReadSimulation()
    {
        if (Load("simulation.json", required: false) is not { } json) return;
        var simulation = new Fields(json, _errors);
        ReadPart(simulation, "climate", required: true, ReadClimate);
        ReadPart(simulation, "demand", required: true, ReadDemand);
        ReadPart(simulation, "traffic", required: true, static fields =>
        {
            fields.Number("motorcycleShare", 0, 1);
            fields.Number("motorcyclePcu", 0.01, 2);
            fields.Number("jamDensityPcuPerKmLane", 10, 1000);
        });
        ReadPart(simulation, "supply", required: false, ReadSupply);
        simulation.RefuseUnknown("source", "note", "assumed");
    }

    private void ReadPart(Fields simulation, string name, bool required, Action<Fields> read)
    {
        if (simulation.Find(name) is not { } json)
        {
            if (required) _errors.Add(simulation.Json, $"'{name}' is missing");
            return;
        }
        var fields = new Fields(json, _errors);
        read(fields);
        fields.RefuseUnknown("source", "note", "assumed");
    }

    private void ReadClimate(Fields climate)
    {
        climate.Number("latitude", -90, 90);
        ReadMonths(climate, "monthlyMeanC", -60, 60);
        ReadMonths(climate, "monthlyRainMmPerDay", 0, 200);
        ReadMonths(climate, "monthlyHumidityPercent", 0, 100);
        climate.Number("coastalOffsetC", -20, 20);
        climate.Number("dailySwingC", 0, 30);
        climate.Number("daySpreadC", 0, 20);
        foreach (var item in climate.List("spells"))
        {
            var spell = new Fields(item, _errors);
            ReadDate(spell, "date");
            spell.Number("aboveMeanC", -30, 30);
            spell.RefuseUnknown("note", "source", "assumed");
        }
    }

    private void ReadMonths(Fields climate, string name, double min, double max)
    {
        var before = _errors.Count;
        var months = climate.List(name, required: true);
        if (_errors.Count == before && months.Count != MonthsOfYear) _errors.Add(climate.Find(name)!, $"{months.Count} numbers; one for each month, January to December");
        foreach (var month in months)
        {
            if (month.Kind != JsonValueKind.Number) _errors.Add(month, "must be a number");
            else if (!(month.Number >= min && month.Number <= max)) _errors.Add(month, FormattableString.Invariant($"{month.Number} is outside {min} to {max}"));
        }
    }

    private void ReadDemand(Fields demand)
    {
        ReadDate(demand, "at");
        demand.Number("growthPercentPerYear", -50, 100);
        demand.Number("meanLoading", 0, 2);
        demand.Number("coolingPercentPerC", 0, 10);
        demand.Number("coolingBaseC", 0, 40);
        demand.Number("lowVoltageLossPercent", 0, 50);
        demand.Number("rooftopPvMwp", 0, 1_000_000);
        demand.Number("electricMotorcycles", 0, 100_000_000);
        demand.Number("electricCars", 0, 100_000_000);
        var newYear = demand.Text("newYear");
        if (newYear.Length > 0 && !NewYears.Contains(newYear)) _errors.Add(demand.Find("newYear")!, $"'{newYear}' is none of {string.Join(", ", NewYears)}{Nearest.Suggest(newYear, NewYears)}");
    }

    private void ReadSupply(Fields supply)
    {
        supply.OptionalNumber("outagesPerFeederYear", 0, 1000);
        if (supply.Find("rotation") is not { } json) return;
        var rotation = new Fields(json, _errors);
        var hours = rotation.Number("hours", 1, 24);
        if (rotation.Find("hours") is { } at && hours is >= 1 and <= 24 && (hours % 1 != 0 || 24 % hours != 0)) _errors.Add(at, FormattableString.Invariant($"{hours} does not divide a day: 1, 2, 3, 4, 6, 8, 12 or 24"));
        var seen = new HashSet<int>();
        foreach (var group in rotation.List("groups", required: true))
        {
            if (group.Kind != JsonValueKind.Array) _errors.Add(group, "must be a list of feeders");
            foreach (var feeder in group.Items)
            {
                if (Reference(feeder, AssetKind.Feeder) is var number and >= 0 && !seen.Add(number)) _errors.Add(feeder, $"'{feeder.Text}' is in a group already");
            }
        }
        rotation.RefuseUnknown("note", "assumed");
    }

    private void ReadDate(Fields fields, string name)
    {
        var text = fields.Text(name);
        if (text.Length > 0 && !DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)) _errors.Add(fields.Find(name)!, $"'{text}' is not a day; write it as 2024-06-14");
    }
}
