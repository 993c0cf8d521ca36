namespace MekongTwin.Engines.Demand.Calibration;

/// <summary>How well a load was foretold on readings that were not fitted. Errors are mean absolute errors, kW, over steps where the naive has a reading, too.</summary>
/// <param name="Readings">Steps compared.</param>
/// <param name="ErrorKw">Of the model.</param>
/// <param name="NaiveErrorKw">Of seasonal naive: the same quarter a week before the day, from the readings fitted.</param>
/// <param name="MeanKw">Mean reading.</param>
/// <param name="Inside">Readings within the 90 % band, of <paramref name="Banded"/>.</param>
/// <param name="Banded">All readings of the load.</param>
public readonly record struct LoadSkill(int Readings, double ErrorKw, double NaiveErrorKw, double MeanKw, int Inside, int Banded)
{
    public bool BeatsNaive => ErrorKw < NaiveErrorKw;
}

/// <summary>Skill of a calibrated demand over its loads, and of all of them.</summary>
public sealed record Skill(LoadSkill[] Loads)
{
    /// <summary>Loads that could be compared.</summary>
    public int Compared => Loads.Count(static load => load.Readings > 0);

    public int BetterThanNaive => Loads.Count(static load => load.Readings > 0 && load.BeatsNaive);

    /// <summary>Share of all readings within their 90 % band.</summary>
    public double Coverage => Loads.Sum(static load => (double)load.Inside) / Math.Max(1, Loads.Sum(static load => (double)load.Banded));

    /// <summary>Mean over the loads compared of the model's error against the naive's.</summary>
    public double ErrorToNaive => Loads.Where(static load => load.NaiveErrorKw > 0).Select(static load => load.ErrorKw / load.NaiveErrorKw).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Compares predictions with what came.</summary>
    /// <param name="demand">Calibrated to <paramref name="fitted"/>.</param>
    /// <param name="series">Factors of the steps of <paramref name="came"/>.</param>
    /// <param name="fitted">Readings that were fitted.</param>
    /// <param name="came">Readings of at most seven days right after them.</param>
    /// <exception cref="ArgumentException">Steps do not fit.</exception>
    public static Skill Of(CalibratedDemand demand, FactorSeries series, LoadHistory fitted, LoadHistory came)
    {
        const int Week = 7 * Quarters.ADay;
        if (series.FirstStep != came.FirstStep || series.Steps != came.Steps) throw new ArgumentException("The series is not of the steps that came.", nameof(series));
        if (came.FirstStep != Quarters.At(fitted.FirstStep, fitted.Steps) || came.Steps > Week || fitted.Steps < Week) throw new ArgumentException("What came is at most a week right after at least a week that was fitted.", nameof(came));
        var skills = new LoadSkill[came.Loads];
        var (p5, p50, p95) = (new double[came.Steps], new double[came.Steps], new double[came.Steps]);
        for (var load = 0; load < skills.Length; load++)
        {
            demand.Predict(load, series, p5, p50, p95);
            var before = fitted.Of(load)[^Week..];
            var now = came.Of(load);
            var (count, error, naive, sum, inside, banded) = (0, 0.0, 0.0, 0.0, 0, 0);
            for (var step = 0; step < now.Length; step++)
            {
                if (double.IsNaN(now[step])) continue;
                banded++;
                if (now[step] >= p5[step] && now[step] <= p95[step]) inside++;
                if (double.IsNaN(before[step])) continue;
                count++;
                error += Math.Abs(now[step] - p50[step]);
                naive += Math.Abs(now[step] - before[step]);
                sum += now[step];
            }
            skills[load] = count == 0 ? new(0, double.NaN, double.NaN, double.NaN, inside, banded) : new(count, error / count, naive / count, sum / count, inside, banded);
        }
        return new(skills);
    }
}
