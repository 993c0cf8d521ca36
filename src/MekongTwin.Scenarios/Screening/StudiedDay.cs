using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>
/// The loads of one day of a study, all of the city: the day of the highest load in the future whose peak is exceeded in 10 % of futures
/// (the nearest rank).
/// </summary>
/// <param name="Future">Which.</param>
/// <param name="Day">Of the study.</param>
/// <param name="MeanToPeak">Mean of that future's daily peaks to the highest of them.</param>
/// <param name="P">Drawn at each bus of the whole grid, pu: steps times buses.</param>
/// <param name="Q">The same, reactive.</param>
internal sealed record StudiedDay(int Future, int Day, double MeanToPeak, double[] P, double[] Q)
{
    /// <summary>Buses of a row: those of the city, and those that levers add.</summary>
    public int Buses => P.Length / IFutureLoads.Steps;

    public static StudiedDay PeakOf(StudyPlan plan, FutureOutcome[] outcome)
    {
        var ranked = Enumerable.Range(0, outcome.Length).OrderBy(future => outcome[future].PeakKw).ThenBy(static future => future).ToArray();
        var future = ranked[(int)Math.Ceiling(0.9 * ranked.Length) - 1];
        var peaks = outcome[future].DailyPeakKw;
        var day = Array.IndexOf(peaks, peaks.Max());
        return Draw(plan, future, day, peaks[day] > 0 ? peaks.Average() / peaks[day] : 1);
    }

    private static StudiedDay Draw(StudyPlan plan, int future, int day, double meanToPeak)
    {
        var studied = new StudiedDay(future, day, meanToPeak, new double[IFutureLoads.Steps * plan.Buses], new double[IFutureLoads.Steps * plan.Buses]);
        var loads = plan.Loads.MakeStretch();
        var (first, days) = Study.StretchOf(plan, day);
        loads.Draw(future, first, days);
        for (var f = 0; f < plan.Feeders.Length; f++)
        {
            var feeder = plan.Feeders[f];
            var (p, q) = (new double[IFutureLoads.Steps * feeder.Buses.Length], new double[IFutureLoads.Steps * feeder.Buses.Length]);
            loads.Fill(f, feeder, day, p, q);
            for (var step = 0; step < IFutureLoads.Steps; step++)
            {
                for (var i = 0; i < feeder.Buses.Length; i++)
                {
                    var (from, to) = ((i * IFutureLoads.Steps) + step, (step * plan.Buses) + feeder.Buses[i]);
                    (studied.P[to], studied.Q[to]) = (p[from], q[from]);
                }
            }
        }
        return studied;
    }
}
