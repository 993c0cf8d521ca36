namespace MekongTwin.Engines.Demand;

/// <summary>When electric vehicles charge.</summary>
public enum ChargingStrategy
{
    /// <summary>Unmanaged, plugged in when people come home.</summary>
    Evening,

    /// <summary>Plugged in on arrival at work.</summary>
    Workplace,

    /// <summary>Held back into the night, evenly over its window.</summary>
    Managed,
}

/// <summary>A kind of electric vehicle. Distances, consumption and chargers are assumed.</summary>
/// <param name="KmADay">Driven a day.</param>
/// <param name="KwhPerKm">At the plug.</param>
/// <param name="ChargerKw">While charging.</param>
public sealed record Vehicle(double KmADay, double KwhPerKm, double ChargerKw)
{
    /// <summary>About 0.7 of them a person where most are motorised.</summary>
    public static Vehicle Motorbike { get; } = new(20, 0.035, 0.6);

    public static Vehicle Car { get; } = new(35, 0.17, 3.5);

    public double KwhADay => KmADay * KwhPerKm;
}

/// <summary>Charging of many vehicles: mean power of one over a day in 96 steps. Whatever the strategy, a day's energy is the same.</summary>
public static class Charging
{
    /// <summary>Hours at which vehicles are plugged in: mean and deviation. Assumed.</summary>
    private static readonly (double Mean, double Spread) Homecoming = (18.5, 1.6);
    private static readonly (double Mean, double Spread) Arrival = (8, 0.8);

    /// <summary>The window that managed charging fills.</summary>
    private const double NightFrom = 23;
    private const double NightHours = 7;

    /// <summary>kW of one vehicle at each step of a day: everybody charges at the charger's power from plugging in until the day's energy is back.</summary>
    public static double[] Profile(Vehicle vehicle, ChargingStrategy strategy)
    {
        if (vehicle.KwhADay == 0) return new double[Quarters.ADay];
        var hours = vehicle.KwhADay / vehicle.ChargerKw;
        var profile = strategy switch
        {
            ChargingStrategy.Evening => Sessions(Homecoming, hours),
            ChargingStrategy.Workplace => Sessions(Arrival, hours),
            _ => [.. Enumerable.Range(0, Quarters.ADay).Select(static step => ((step * Quarters.Hours) - NightFrom + 24) % 24 < NightHours ? 1.0 : 0)],
        };
        var scale = vehicle.KwhADay / (profile.Sum() * Quarters.Hours);
        return [.. profile.Select(value => value * scale)];
    }

    /// <summary>
    /// A fleet's energy poured into the valleys of a day's load: all steps that take something end at one level, none above the chargers' cap.
    /// </summary>
    /// <param name="load">kW at each step of the day, without the fleet.</param>
    /// <param name="energyKwh">To be charged that day.</param>
    /// <param name="capKw">Most that the fleet can take at once.</param>
    /// <returns>kW of the fleet at each step.</returns>
    /// <exception cref="ArgumentException">The cap does not let the energy through in a day.</exception>
    public static double[] Valley(ReadOnlySpan<double> load, double energyKwh, double capKw)
    {
        if (energyKwh > capKw * load.Length * Quarters.Hours) throw new ArgumentException($"{energyKwh} kWh do not go into {load.Length} quarters of an hour at {capKw} kW.", nameof(capKw));
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in load) (low, high) = (Math.Min(low, value), Math.Max(high, value + capKw));
        var filled = new double[load.Length];
        for (var pass = 0; pass < 200 && low < high; pass++)
        {
            var level = (low + high) / 2;
            var sum = 0.0;
            for (var i = 0; i < filled.Length; i++) sum += filled[i] = Math.Clamp(level - load[i], 0, capKw);
            if (level <= low || level >= high) break;
            if (sum * Quarters.Hours < energyKwh) low = level;
            else high = level;
        }
        // What the last bits of the level leave over.
        var total = filled.Sum() * Quarters.Hours;
        return total == 0 ? filled : [.. filled.Select(value => value * (energyKwh / total))];
    }

    /// <summary>Share of vehicles that charge at each step, up to scale: normal arrivals over the time that each stays.</summary>
    private static double[] Sessions((double Mean, double Spread) plugged, double hours)
    {
        var profile = new double[Quarters.ADay];
        for (var step = 0; step < profile.Length; step++)
        {
            for (var day = -1; day <= 1; day++)
            {
                var hour = ((step + 0.5) * Quarters.Hours) + (24 * day) - plugged.Mean;
                profile[step] += Normal(hour / plugged.Spread) - Normal((hour - hours) / plugged.Spread);
            }
        }
        return profile;
    }

    /// <summary>Distribution of the normal (Abramowitz and Stegun 26.2.17, within 7.5e-8).</summary>
    private static double Normal(double x)
    {
        var t = 1 / (1 + (0.2316419 * Math.Abs(x)));
        var tail = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI) * t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return x < 0 ? tail : 1 - tail;
    }
}

/// <summary>Coincidence of single customers' peaks.</summary>
public static class Diversity
{
    /// <summary>Peak of n together over the sum of their peaks (Rusck, 1956): g + (1−g)/√n.</summary>
    /// <param name="n">Customers, at least 1.</param>
    /// <param name="g">What is left of very many, 0 to 1.</param>
    public static double Coincidence(double n, double g)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(g, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(g, 1);
        return g + ((1 - g) / Math.Sqrt(n));
    }

    /// <summary>
    /// Peak of n vehicles' charging, kW, whose mean profile peaks at <paramref name="meanPeakKw"/> each while a charger takes
    /// <paramref name="chargerKw"/>: g is what very many come to.
    /// </summary>
    public static double ChargingPeakKw(double n, double meanPeakKw, double chargerKw) => n * chargerKw * Coincidence(n, Math.Min(1, meanPeakKw / chargerKw));
}
