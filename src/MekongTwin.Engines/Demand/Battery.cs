namespace MekongTwin.Engines.Demand;

/// <summary>
/// A battery that shaves peaks: it discharges what is above a threshold and charges below it, as far as power and charge let it. Losses are
/// taken half on the way in, half on the way out: √η each.
/// </summary>
/// <param name="CapacityKwh">Usable.</param>
/// <param name="CRate">Power over capacity, 1/h, both ways.</param>
/// <param name="RoundTrip">Energy out over energy in, above 0, at most 1.</param>
public sealed record Battery(double CapacityKwh, double CRate = 0.5, double RoundTrip = 0.9)
{
    /// <summary>State of charge at the beginning, kWh.</summary>
    public double StartKwh { get; init; }

    /// <summary>Power at the terminals, kW, charging positive, and the charge after each step, kWh.</summary>
    /// <param name="loadKw">Load that it stands beside.</param>
    /// <param name="thresholdKw">What load and battery together should not exceed.</param>
    /// <param name="stepHours">Length of a step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure of the battery is impossible.</exception>
    public (double[] Kw, double[] ChargeKwh) Shave(ReadOnlySpan<double> loadKw, double thresholdKw, double stepHours = Quarters.Hours)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(CapacityKwh);
        ArgumentOutOfRangeException.ThrowIfNegative(CRate);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(RoundTrip);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RoundTrip, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(StartKwh);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(StartKwh, CapacityKwh);
        var (oneWay, most) = (Math.Sqrt(RoundTrip), CRate * CapacityKwh);
        var (power, charge) = (new double[loadKw.Length], new double[loadKw.Length]);
        var now = StartKwh;
        for (var i = 0; i < power.Length; i++)
        {
            var room = thresholdKw - loadKw[i];
            power[i] = room >= 0
                ? Math.Min(Math.Min(room, most), (CapacityKwh - now) / oneWay / stepHours)
                : Math.Max(Math.Max(room, -most), -now * oneWay / stepHours);
            now = Math.Clamp(now + (power[i] * stepHours * (power[i] > 0 ? oneWay : 1 / oneWay)), 0, CapacityKwh);
            charge[i] = now;
        }
        return (power, charge);
    }
}
