using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;

namespace MekongTwin.Host.Grid;

/// <summary>A point's newest value: how old it is at an instant, h, and whether it may still be taken for the truth.</summary>
internal readonly record struct Heard(double Value, double AgeHours, bool Holds)
{
    public static Heard Nothing { get; } = new(double.NaN, 0, false);
}

/// <summary>The newest values of a city's assets, as the grid's completion needs them.</summary>
internal sealed class GridReadings(CitySnapshot snapshot, long atUs)
{
    private readonly Dictionary<int, IReadOnlyList<LatestValue>> latest = snapshot.Twins.ToDictionary(twin => twin.Asset.Number, twin => twin.Latest);

    /// <summary>In the metric's unit; a bad reading, one that its sender calls stale or uncertain does not hold.</summary>
    public Heard Find(int asset, string metric, Quantity quantity)
    {
        if (!latest.TryGetValue(asset, out var values)) return Heard.Nothing;
        foreach (var value in values)
        {
            if (value.Point.Metric != metric || value.Point.Unit.Quantity != quantity) continue;
            if (!value.Reading.Usable) return Heard.Nothing;
            var age = Math.Max(0, atUs - value.Reading.TimeUs);
            return new(FixedPoint.ToDouble(value.Reading.Value), age / (double)Instant.Hour, age <= value.Point.HoldUs && value.Reading.Quality >= Quality.Estimated);
        }
        return Heard.Nothing;
    }

    /// <summary>A voltage in kV that holds.</summary>
    public Heard FindKv(int asset)
    {
        if (!latest.TryGetValue(asset, out var values)) return Heard.Nothing;
        var unit = values.FirstOrDefault(value => value.Point.Metric == "V").Point?.Unit;
        if (unit is not { Quantity: Quantity.Voltage }) return Heard.Nothing;
        var heard = Find(asset, "V", Quantity.Voltage);
        return heard with { Value = heard.Value * unit.Numerator / unit.Denominator / 1000 };
    }
}
