namespace MekongTwin.Engines.PowerFlow;

/// <summary>What each bus draws, per unit, as S(v) = power + current·v + impedance·v², v the voltage magnitude in pu: all three
/// are stated as the power drawn at 1 pu. Positive is consumption. A scenario is another set of these.</summary>
public sealed class Loads(int count)
{
    public int Count => PowerP.Length;

    public double[] PowerP { get; } = new double[count];

    public double[] PowerQ { get; } = new double[count];

    public double[] CurrentP { get; } = new double[count];

    public double[] CurrentQ { get; } = new double[count];

    public double[] ImpedanceP { get; } = new double[count];

    public double[] ImpedanceQ { get; } = new double[count];
}
