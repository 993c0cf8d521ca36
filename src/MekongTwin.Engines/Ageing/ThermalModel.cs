namespace MekongTwin.Engines.Ageing;

/// <summary>
/// Constants of the thermal model of IEC 60076-7. The defaults are those of its distribution transformer, oil and air by nature (ONAN), with rises
/// that give 98 °C at rated load and 20 °C of air.
/// </summary>
public sealed record ThermalModel
{
    public static ThermalModel Distribution { get; } = new();

    /// <summary>R: load losses at rated current to losses without load.</summary>
    public double LossRatio { get; init; } = 5;

    /// <summary>x.</summary>
    public double OilExponent { get; init; } = 0.8;

    /// <summary>y.</summary>
    public double WindingExponent { get; init; } = 1.6;

    /// <summary>Δθor: top oil above the air at rated losses, K.</summary>
    public double TopOilRiseK { get; init; } = 55;

    /// <summary>Δθhr: hot spot above the top oil at rated current, K.</summary>
    public double HotSpotRiseK { get; init; } = 23;

    /// <summary>k11·τo, minutes.</summary>
    public double OilMinutes { get; init; } = 180;

    /// <summary>k22·τw, minutes; k21 is 1, so that there is no second, slower part.</summary>
    public double WindingMinutes { get; init; } = 8;

    /// <summary>Top oil above the air, K, when a load lasts.</summary>
    /// <param name="loadSquared">Square of the current over the rated one.</param>
    public double OilRise(double loadSquared) => TopOilRiseK * Math.Pow((1 + (loadSquared * LossRatio)) / (1 + LossRatio), OilExponent);

    /// <summary>Hot spot above the top oil, K, when a load lasts.</summary>
    public double WindingRise(double loadSquared) => HotSpotRiseK * Math.Pow(loadSquared, WindingExponent / 2);
}
