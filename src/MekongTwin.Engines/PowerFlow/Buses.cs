namespace MekongTwin.Engines.PowerFlow;

/// <summary>What a power flow holds fixed at a bus.</summary>
public enum BusType : byte
{
    /// <summary>Active and reactive injection.</summary>
    PQ = 1,

    /// <summary>Active injection and voltage magnitude; without a generator in service it is solved as PQ.</summary>
    PV = 2,

    /// <summary>Voltage magnitude and angle: the source of its island.</summary>
    Slack = 3,

    /// <summary>Taken out: unserved, whatever is connected to it.</summary>
    Isolated = 4,
}

/// <summary>The buses of a network, one array a quantity; per unit on the network's base power and the bus's nominal voltage.</summary>
public sealed class Buses(int count)
{
    public int Count => Number.Length;

    /// <summary>The bus's own number in its source; unique, otherwise free.</summary>
    public int[] Number { get; } = new int[count];

    public BusType[] Type { get; } = Filled.With(count, BusType.PQ);

    /// <summary>Nominal line-to-line voltage, kV; 0 where the source does not state it (the equations do not need it).</summary>
    public double[] NominalKv { get; } = new double[count];

    /// <summary>Shunt conductance, pu: active power drawn at 1 pu voltage.</summary>
    public double[] ShuntG { get; } = new double[count];

    /// <summary>Shunt susceptance, pu: reactive power injected at 1 pu voltage.</summary>
    public double[] ShuntB { get; } = new double[count];

    /// <summary>Voltage magnitude to start from, pu; at a slack or PV bus the generator's set point wins.</summary>
    public double[] StartVm { get; } = Filled.With(count, 1.0);

    /// <summary>Voltage angle to start from, rad; at a slack bus it is the angle held.</summary>
    public double[] StartVa { get; } = new double[count];
}
