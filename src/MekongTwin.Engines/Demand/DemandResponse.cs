namespace MekongTwin.Engines.Demand;

/// <summary>
/// Load shed for some hours and, in part, taken up again afterwards. <see cref="Rebound"/> 1 shifts: no energy is lost; 0 sheds for good.
/// </summary>
/// <param name="FirstStep">First step of the event.</param>
/// <param name="Steps">Its length.</param>
/// <param name="Shed">Share of the load that is shed, 0 to 1.</param>
/// <param name="Rebound">Share of the energy shed that comes back, at least 0.</param>
/// <param name="ReboundSteps">How long it takes to come back, in equal parts.</param>
public sealed record DemandResponse(int FirstStep, int Steps, double Shed, double Rebound = 1, int ReboundSteps = 8)
{
    /// <summary>What the event changes at each step, kW. Zero shed changes nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The event or its rebound does not lie within the series, or a share is impossible.</exception>
    public double[] Change(ReadOnlySpan<double> loadKw)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(FirstStep);
        ArgumentOutOfRangeException.ThrowIfNegative(Steps);
        ArgumentOutOfRangeException.ThrowIfNegative(Shed);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Shed, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Rebound);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReboundSteps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(FirstStep + Steps + (Rebound > 0 ? ReboundSteps : 0), loadKw.Length);
        var change = new double[loadKw.Length];
        var shed = 0.0;
        for (var i = FirstStep; i < FirstStep + Steps; i++)
        {
            change[i] = -Shed * Math.Max(0, loadKw[i]);
            shed -= change[i];
        }
        if (Rebound > 0) for (var i = 0; i < ReboundSteps; i++) change[FirstStep + Steps + i] = Rebound * shed / ReboundSteps;
        return change;
    }
}
