namespace MekongTwin.Engines.PowerFlow;

/// <summary>What each bus draws, per unit, as S(v) = power + current·v + impedance·v², v the voltage magnitude in pu: all three
/// are stated as the power drawn at 1 pu. Positive is consumption. A scenario is another set of these.</summary>
public sealed class Loads
{
    public Loads(int count)
        : this(new double[count], new double[count], new double[count], new double[count], new double[count], new double[count])
    {
    }

    private Loads(double[] powerP, double[] powerQ, double[] currentP, double[] currentQ, double[] impedanceP, double[] impedanceQ) =>
        (PowerP, PowerQ, CurrentP, CurrentQ, ImpedanceP, ImpedanceQ) = (powerP, powerQ, currentP, currentQ, impedanceP, impedanceQ);

    public int Count => PowerP.Length;

    public double[] PowerP { get; }

    public double[] PowerQ { get; }

    public double[] CurrentP { get; }

    public double[] CurrentQ { get; }

    public double[] ImpedanceP { get; }

    public double[] ImpedanceQ { get; }

    /// <summary>The same but for the constant powers.</summary>
    public Loads WithPower(ReadOnlySpan<double> p, ReadOnlySpan<double> q) => new(p.ToArray(), q.ToArray(), CurrentP, CurrentQ, ImpedanceP, ImpedanceQ);
}
