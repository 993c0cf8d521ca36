namespace MekongTwin.Engines.PowerFlow;

/// <summary>Random scenarios of the loads: each bus's constant power, active and reactive alike, times a factor of its own, uniform from
/// 0.5 up to 1.5. The factor depends on seed, scenario and bus alone, not on what was drawn before.</summary>
public static class LoadVariation
{
    /// <summary>Writes scenario <paramref name="scenario"/>, one value a bus.</summary>
    public static void Fill(Loads loads, long seed, long scenario, Span<double> p, Span<double> q)
    {
        var stream = Mix(Mix((ulong)seed) + (ulong)scenario);
        for (var bus = 0; bus < loads.Count; bus++)
        {
            // The upper 53 bits are a number from 0 to 1.
            var factor = 0.5 + ((Mix(stream + (ulong)bus) >> 11) * (1.0 / (1UL << 53)));
            (p[bus], q[bus]) = (loads.PowerP[bus] * factor, loads.PowerQ[bus] * factor);
        }
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
