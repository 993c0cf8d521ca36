namespace MekongTwin.Engines.Demand;

/// <summary>A battery. Losses are taken half on the way in, half on the way out: √η each. Power is at its terminals, kW, charging positive.</summary>
/// <param name="CapacityKwh">Usable.</param>
/// <param name="CRate">Power over capacity, 1/h, both ways.</param>
/// <param name="RoundTrip">Energy out over energy in, above 0, at most 1.</param>
public sealed record Battery(double CapacityKwh, double CRate = 0.5, double RoundTrip = 0.9)
{
    /// <summary>State of charge at the beginning, kWh.</summary>
    public double StartKwh { get; init; }

    /// <summary>Most that one cycle gives at the terminals, kWh.</summary>
    private double OutKwh => CapacityKwh * Math.Sqrt(RoundTrip);

    private double MostKw => CRate * CapacityKwh;

    /// <summary>
    /// Shaves by a threshold: it discharges what is above it and charges below, as far as power and charge let it. Gives the power and the charge
    /// after each step, kWh.
    /// </summary>
    /// <param name="loadKw">Load that it stands beside.</param>
    /// <param name="thresholdKw">What load and battery together should not exceed.</param>
    /// <param name="stepHours">Length of a step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure of the battery is impossible.</exception>
    public (double[] Kw, double[] ChargeKwh) Shave(ReadOnlySpan<double> loadKw, double thresholdKw, double stepHours = Quarters.Hours)
    {
        Need();
        var (oneWay, most) = (Math.Sqrt(RoundTrip), MostKw);
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

    /// <summary>
    /// One cycle a day that ends with the charge it began with, knowing the day: what is above the lowest level that can be held is discharged, the
    /// energy for it fills the valleys below. Within a cycle the charge never spans more than what is discharged, so it fits whenever the day begins.
    /// </summary>
    /// <param name="loadKw">Load of the day in 96 steps that it stands beside.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure of the battery is impossible.</exception>
    public double[] Cycle(ReadOnlySpan<double> loadKw)
    {
        Need();
        var power = new double[loadKw.Length];
        if (MostKw == 0) return power;
        var level = LowestLevelKw(loadKw);
        var charge = Charging.Valley(loadKw, Balance(loadKw, level).OutKwh / RoundTrip, MostKw);
        for (var i = 0; i < power.Length; i++) power[i] = charge[i] - Math.Clamp(loadKw[i] - level, 0, MostKw);
        return power;
    }

    /// <summary>Power of a day that ends with the charge it began with: evenly in between two steps, evenly out between two others.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A figure of the battery is impossible, or there are no such steps.</exception>
    public double[] Evenly((int From, int To) charging, (int From, int To) discharging)
    {
        Need();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(charging.To, Quarters.ADay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(discharging.To, Quarters.ADay);
        var (inHours, outHours) = ((charging.To - charging.From) * Quarters.Hours, (discharging.To - discharging.From) * Quarters.Hours);
        var outKwh = Math.Min(OutKwh, MostKw * Math.Min(outHours, inHours * RoundTrip));
        var power = new double[Quarters.ADay];
        for (var i = charging.From; i < charging.To; i++) power[i] += outKwh / RoundTrip / inHours;
        for (var i = discharging.From; i < discharging.To; i++) power[i] -= outKwh / outHours;
        return power;
    }

    /// <summary>Halves the way between a level that cannot be held and one that can until nothing lies between. Power alone sets the lowest possible.</summary>
    private double LowestLevelKw(ReadOnlySpan<double> loadKw)
    {
        var high = double.NegativeInfinity;
        foreach (var load in loadKw) high = Math.Max(high, load);
        var low = high - MostKw;
        if (Holds(loadKw, low)) return low;
        for (var level = (low + high) / 2; level > low && level < high; level = (low + high) / 2)
        {
            if (Holds(loadKw, level)) high = level;
            else low = level;
        }
        return high;
    }

    private bool Holds(ReadOnlySpan<double> loadKw, double level) => Balance(loadKw, level) is var (outKwh, roomKwh) && outKwh <= OutKwh && outKwh / RoundTrip <= roomKwh;

    /// <summary>What is to be discharged to hold a level, and what can be charged below it, kWh at the terminals.</summary>
    private (double OutKwh, double RoomKwh) Balance(ReadOnlySpan<double> loadKw, double level)
    {
        var (above, room) = (0.0, 0.0);
        foreach (var load in loadKw) (above, room) = (above + Math.Clamp(load - level, 0, MostKw), room + Math.Clamp(level - load, 0, MostKw));
        return (above * Quarters.Hours, room * Quarters.Hours);
    }

    private void Need()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(CapacityKwh);
        ArgumentOutOfRangeException.ThrowIfNegative(CRate);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(RoundTrip);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RoundTrip, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(StartKwh);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(StartKwh, CapacityKwh);
    }
}
