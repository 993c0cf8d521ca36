using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>Power over a day of quarters of an hour that repeats: what of it falls between two instants.</summary>
internal sealed class DayCurve
{
    private const double StepHours = 24.0 / IFutureLoads.Steps;

    private readonly double[] kw;
    private readonly double[] before = new double[IFutureLoads.Steps + 1];

    /// <param name="kw">One a step.</param>
    public DayCurve(double[] kw)
    {
        this.kw = kw;
        for (var step = 0; step < kw.Length; step++) before[step + 1] = before[step] + (kw[step] * StepHours);
    }

    /// <summary>Energy of the day, kWh.</summary>
    public double Kwh => before[^1];

    /// <summary>Of some curves together.</summary>
    public static DayCurve Sum(IEnumerable<DayCurve> curves)
    {
        var sum = new double[IFutureLoads.Steps];
        foreach (var curve in curves)
        {
            for (var step = 0; step < sum.Length; step++) sum[step] += curve.kw[step];
        }
        return new(sum);
    }

    /// <summary>Energy, kWh, from one hour after midnight of the first day to a later one.</summary>
    public double Between(double fromHour, double toHour) => Until(toHour) - Until(fromHour);

    private double Until(double hour)
    {
        var days = Math.Floor(hour / 24);
        var at = (hour - (days * 24)) / StepHours;
        var step = Math.Min((int)at, IFutureLoads.Steps - 1);
        return (days * Kwh) + before[step] + ((at - step) * kw[step] * StepHours);
    }
}
