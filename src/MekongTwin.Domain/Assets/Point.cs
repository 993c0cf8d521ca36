using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Assets;

public enum PointKind
{
    /// <summary>A level that holds until the next reading: power, voltage, speed.</summary>
    Gauge,

    /// <summary>A register that only grows, except when it is reset: energy, counted vehicles.</summary>
    Cumulative,

    /// <summary>Something that happened: counted, never integrated.</summary>
    Event,
}

/// <summary>
/// One measured quantity of an asset, by its durable small number. Values are in <see cref="Unit"/>. Two readings no
/// further apart than <see cref="HoldUs"/> cover the time between them; a longer gap stays a gap.
/// </summary>
public sealed record Point(int Number, int Asset, string Metric, Unit Unit, PointKind Kind, long HoldUs)
{
    /// <summary>Physical limits in micro units: a value outside is kept with quality bad.</summary>
    public long MinMicro { get; init; } = long.MinValue;

    public long MaxMicro { get; init; } = long.MaxValue;

    /// <summary>Longest metric.</summary>
    public const int MetricLengthMax = 40;

    /// <summary>True for letters, digits and <c>- _ .</c>, at most <see cref="MetricLengthMax"/> long.</summary>
    public static bool IsValidMetric(string metric) =>
        metric.Length is > 0 and <= MetricLengthMax && metric.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}

/// <summary>The metrics that twins have rules for, each with the unit the rule needs.</summary>
public static class Metrics
{
    public const string Power = "P";
    public const string ReactivePower = "Q";
    public const string Energy = "E";
    public const string Flow = "flow";
    public const string Speed = "speed";
    public const string Occupancy = "occupancy";

    /// <summary>The unit a metric must have for the twins' rules, or null where any will do.</summary>
    public static string? RequiredUnit(string metric) => metric switch
    {
        Power => "kW",
        ReactivePower => "kvar",
        Energy => "kWh",
        Flow => "/h",
        Speed => "km/h",
        Occupancy => "%",
        _ => null,
    };
}
