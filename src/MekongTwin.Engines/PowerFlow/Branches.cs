namespace MekongTwin.Engines.PowerFlow;

/// <summary>Lines and transformers as pi sections, one array a quantity, per unit.</summary>
/// <remarks>
/// An ideal transformer with ratio <c>t = Ratio·e^(j·ShiftRad)</c> stands at the from end, then the pi section with series
/// impedance <c>R + jX</c> and half of the shunt <c>G + jB</c> at each end. With <c>y = 1/(R + jX)</c>:
/// <c>Iƒ = (y + (G+jB)/2)/|t|² · Vƒ − y/t* · Vₜ</c> and <c>Iₜ = −y/t · Vƒ + (y + (G+jB)/2) · Vₜ</c>.
/// </remarks>
public sealed class Branches(int count)
{
    public int Count => From.Length;

    /// <summary>Index of the bus at the from end (not its number).</summary>
    public int[] From { get; } = new int[count];

    /// <summary>Index of the bus at the to end (not its number).</summary>
    public int[] To { get; } = new int[count];

    public double[] R { get; } = new double[count];

    public double[] X { get; } = new double[count];

    /// <summary>Total shunt conductance (iron losses of a transformer); 0 for most lines.</summary>
    public double[] G { get; } = new double[count];

    /// <summary>Total shunt susceptance (line charging).</summary>
    public double[] B { get; } = new double[count];

    /// <summary>Off-nominal turns ratio at the from end; 1 for a line.</summary>
    public double[] Ratio { get; } = Filled.With(count, 1.0);

    /// <summary>Phase shift at the from end, rad; positive delays the to end.</summary>
    public double[] ShiftRad { get; } = new double[count];

    /// <summary>What the from end may carry, pu: apparent power or current, as <see cref="Network.LoadingBy"/> says; 0 is no limit.</summary>
    public double[] RatingFrom { get; } = new double[count];

    /// <summary>What the to end may carry, pu.</summary>
    public double[] RatingTo { get; } = new double[count];

    /// <summary>False for a branch that is out of service or whose switch is open.</summary>
    public bool[] InService { get; private set; } = Filled.With(count, true);

    /// <summary>The same branches in another switch state.</summary>
    public Branches WithService(bool[] inService)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(inService.Length, Count);
        var switched = (Branches)MemberwiseClone();
        switched.InService = inService;
        return switched;
    }
}
