using System.ComponentModel;

namespace MekongTwin.Api;

/// <summary>A figure that nobody measured: completed from what was, with the half width of its 90 % band.</summary>
public sealed record Estimate(double Value, string Unit, [property: Description("Half the width of the band that holds the truth nine times in ten")] double PlusMinus)
{
    public string Quality { get; } = "estimated";
}

/// <summary>An estimate as it stood at an instant.</summary>
public readonly record struct PastEstimate(long TimeUs, double Value, double PlusMinus);

/// <summary>A feeder's head and its loads contradict each other.</summary>
public sealed record Contradiction([property: Description("kW: positive when the transformers' meters come to more than the head, negative when the head has more than everything below it could take")] double Kw, string Says);

/// <summary>A feeder as completed. <c>P</c> and <c>Q</c> leave the busbar: loads and losses. What was not solved is not there.</summary>
public sealed record FeederState(
    string Id, string Name, Estimate? P, Estimate? Q, Estimate V,
    [property: Description("True where the head's power is measured and used")] bool HeadMeasured,
    [property: Description("kW measured at the head less the estimate")] double? ResidualKw,
    double? LossesKw, Estimate? LowestVoltage, string? LowestVoltageNode, Estimate? HighestLoading, string? HighestLoadingLine, MeterCount Meters,
    [property: Description("Share of the transformers' power that fresh meters measure")] double? Coverage, Contradiction? Inconsistency,
    [property: Description("False when no voltages solve what is measured: then neither powers nor losses, voltages and loadings are there")] bool Solved);

/// <summary>A city's grid, completed from the latest values of one instant. Assets by number: what is estimated of each.</summary>
public sealed record GridState(string City, long TimeUs, IReadOnlyList<FeederState> Feeders, IReadOnlyDictionary<int, IReadOnlyDictionary<string, Estimate>> Assets)
{
    /// <summary>Age of a state at an instant, s.</summary>
    public double AgeSeconds(long nowUs) => Math.Round((nowUs - TimeUs) / 1e6, 3);
}
