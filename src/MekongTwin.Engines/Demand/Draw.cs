namespace MekongTwin.Engines.Demand;

/// <summary>
/// Random numbers by counter: each is a pure function of (seed, future, day, channel), so that any day of any future is drawn alone,
/// in any order and on any thread, with the same bits.
/// </summary>
public readonly record struct Draw(long Seed, int Future)
{
    /// <summary>Uniform in (0, 1).</summary>
    public double Uniform(int day, int channel) => ((Mix(Mix(Mix((ulong)Seed) + (uint)Future) + ((ulong)(uint)day << 32) + (uint)channel) >> 11) + 0.5) * (1.0 / (1UL << 53));

    /// <summary>Normal of mean 0 and deviation 1 (Box and Muller, 1958); takes the channels 2c and 2c+1 of <see cref="Uniform"/>.</summary>
    public double Normal(int day, int channel) => Math.Sqrt(-2 * Math.Log(Uniform(day, 2 * channel))) * Math.Cos(2 * Math.PI * Uniform(day, (2 * channel) + 1));

    /// <summary>
    /// A first-order autoregressive series of mean 0 and deviation 1 at a day: x_d = φ·x_{d−1} + √(1−φ²)·ε_d, written as the sum of its
    /// last <paramref name="memory"/> shocks and scaled for what is left out.
    /// </summary>
    public double Autoregressive(int day, int channel, double phi, int memory = 24)
    {
        var (sum, weight, squares) = (0.0, 1.0, 0.0);
        for (var back = 0; back < memory; back++)
        {
            sum += weight * Normal(day - back, channel);
            squares += weight * weight;
            weight *= phi;
        }
        return sum / Math.Sqrt(squares);
    }

    /// <summary>One step of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).</summary>
    private static ulong Mix(ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB;
        return state ^ (state >> 31);
    }
}
