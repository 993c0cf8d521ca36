namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>Shared profiles in the order of the sweep. Of a large grid each pass works loads out from them anew: the loads of a block
/// are half of what it streams from beyond the second cache.</summary>
internal sealed class PlacedProfiles
{
    /// <summary>Doubles a place takes in <see cref="Power"/>.</summary>
    public const int PowerLength = 4;

    /// <param name="model">The network.</param>
    /// <param name="p">Base power of each bus.</param>
    /// <param name="q">The same, reactive.</param>
    /// <param name="classOf">Class of each bus.</param>
    public PlacedProfiles(RadialModel model, double[] p, double[] q, int[] classOf)
    {
        (Power, Class) = (new double[model.Order.Count * PowerLength], new int[model.Order.Count]);
        for (var k = 0; k < Class.Length; k++)
        {
            var bus = model.Order.Buses[k];
            var power = Power.AsSpan(k * PowerLength, PowerLength);
            (power[0], power[1], power[2], power[3]) = (p[bus], q[bus], -model.Network.GenerationP[bus], -model.Network.GenerationQ[bus]);
            Class[k] = classOf[bus];
        }
    }

    /// <summary>Of each place P and Q at a factor of 1, then what generators bring of both, negative.</summary>
    public double[] Power { get; }

    /// <summary>Which of a block's factors hold at each place.</summary>
    public int[] Class { get; }
}
