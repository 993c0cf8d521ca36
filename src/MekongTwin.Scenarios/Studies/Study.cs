namespace MekongTwin.Scenarios.Studies;

/// <summary>
/// Solves every step of every future of a plan. Work is dealt out in stretches of days whose borders do not depend on the number of
/// threads; sums are taken in their order, counts and extremes in any: the same bytes come out however many there are.
/// </summary>
internal static class Study
{
    /// <summary>Days of one piece of work: seconds at most, so that a study can be stopped.</summary>
    private const int StretchDays = 31;

    /// <summary>The stretch that a day is drawn in: a load remembers the days before, so the day has the same bits only there.</summary>
    public static (int First, int Days) StretchOf(StudyPlan plan, int day)
    {
        var first = day - (day % StretchDays);
        return (first, Math.Min(StretchDays, plan.Days - first));
    }

    /// <param name="plan">What is solved.</param>
    /// <param name="threads">Threads to share the work.</param>
    /// <param name="progress">Told the share that is done, 0 to 1, from any thread.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static FutureOutcome[] Run(StudyPlan plan, int threads, Action<double>? progress, CancellationToken ct)
    {
        var stretches = (plan.Days + StretchDays - 1) / StretchDays;
        var total = plan.Futures * stretches;
        var outcomes = new FutureOutcome[plan.Futures];
        var sums = new StretchSums[total];
        var (next, done) = (-1, 0);
        for (var f = 0; f < plan.Futures; f++) outcomes[f] = new(plan.Days, plan.MakeTally());
        Parallel.For(0, Math.Min(threads, total), new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = ct }, _ =>
        {
            var worker = new StudyWorker(plan);
            for (var i = Interlocked.Increment(ref next); i < total; i = Interlocked.Increment(ref next))
            {
                var (future, (first, days)) = (i / stretches, StretchOf(plan, i % stretches * StretchDays));
                worker.Begin(future, first, days);
                for (var day = first; day < first + days; day++)
                {
                    ct.ThrowIfCancellationRequested();
                    worker.SolveDay(day, outcomes[future]);
                }
                sums[i] = worker.Sums;
                var elements = worker.End();
                lock (outcomes[future]) outcomes[future].Elements.Add(elements);
                progress?.Invoke((double)Interlocked.Increment(ref done) / total);
            }
        });
        for (var i = 0; i < total; i++)
        {
            var outcome = outcomes[i / stretches];
            outcome.EnergyKwh += sums[i].EnergyKwh;
            outcome.LossesKwh += sums[i].LossesKwh;
            outcome.UnservedKwh += sums[i].UnservedKwh;
            outcome.Unsolved += sums[i].Unsolved;
        }
        return outcomes;
    }
}

/// <summary>Sums of one stretch of days.</summary>
internal record struct StretchSums(double EnergyKwh, double LossesKwh, double UnservedKwh, int Unsolved);
