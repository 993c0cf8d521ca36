namespace MekongTwin.Engines.PowerFlow;

/// <summary>Generators and other sources, one array a quantity, per unit; several may stand on one bus.</summary>
public sealed class Generators(int count)
{
    public int Count => Bus.Length;

    /// <summary>Index of the bus (not its number).</summary>
    public int[] Bus { get; } = new int[count];

    /// <summary>Active power injected; at a slack bus it is found, not held.</summary>
    public double[] P { get; } = new double[count];

    /// <summary>Reactive power injected; held only at a PQ bus.</summary>
    public double[] Q { get; } = new double[count];

    /// <summary>Voltage magnitude held at a slack or PV bus; of several generators in service the last one's counts.</summary>
    public double[] SetVm { get; } = Filled.With(count, 1.0);

    public double[] MinQ { get; } = Filled.With(count, double.NegativeInfinity);

    public double[] MaxQ { get; } = Filled.With(count, double.PositiveInfinity);

    public bool[] InService { get; } = Filled.With(count, true);
}
