namespace MekongTwin.Engines.PowerFlow;

/// <summary>The four admittances of a branch's two-port, pu: <c>Iƒ = Ff·Vƒ + Ft·Vₜ</c>, <c>Iₜ = Tf·Vƒ + Tt·Vₜ</c>.</summary>
public readonly record struct Admittance(double FfG, double FfB, double FtG, double FtB, double TfG, double TfB, double TtG, double TtB)
{
    /// <summary>Of branch <paramref name="k"/>, by the pi section of <see cref="Branches"/>.</summary>
    public static Admittance Of(Branches branches, int k)
    {
        var (r, x) = (branches.R[k], branches.X[k]);
        var square = (r * r) + (x * x);
        var (g, b) = (r / square, -x / square);
        var (selfG, selfB) = (g + (branches.G[k] / 2), b + (branches.B[k] / 2));
        var ratio = branches.Ratio[k];
        var (sin, cos) = Math.SinCos(branches.ShiftRad[k]);
        // 1/t* = e^(jφ)/ratio and 1/t = e^(−jφ)/ratio.
        return new Admittance(
            selfG / (ratio * ratio), selfB / (ratio * ratio),
            -((g * cos) - (b * sin)) / ratio, -((b * cos) + (g * sin)) / ratio,
            -((g * cos) + (b * sin)) / ratio, -((b * cos) - (g * sin)) / ratio,
            selfG, selfB);
    }
}
