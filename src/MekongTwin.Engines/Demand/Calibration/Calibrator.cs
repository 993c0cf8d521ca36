using MekongTwin.Domain.Assets;

namespace MekongTwin.Engines.Demand.Calibration;

/// <summary>
/// Calibrates the demand of a city to its readings of the last days. First many loads together (<see cref="CityFit"/>), then each by itself
/// (<see cref="LoadFit"/>); loads without readings get their customers' load at the level of their class and feeder. Closed form throughout.
/// </summary>
public static class Calibrator
{
    /// <summary>Share that the band holds.</summary>
    private const double Share = 0.9;

    /// <summary>The band is found on the last days, with the days before fitted by themselves, for one load in so many.</summary>
    private const int HeldOutDays = 3;
    private const int HeldOutEvery = 4;
    private const int LeastDays = 7;

    /// <summary>A feeder's level counts as if so many more loads were at that of their class.</summary>
    private const double FeederShrinkage = 4;

    private const int LeastOfClass = 8;

    private static readonly (double Low, double High) Normal = (-1.645, 1.645);
    private static readonly (double Low, double High) Unknown = (0.4, 2);

    /// <param name="model">Place, calendar and what is assumed.</param>
    /// <param name="facts">What is known of each load.</param>
    /// <param name="history">Their readings; two weeks are meant, less will do.</param>
    /// <param name="weather">Weather of exactly the steps of the history.</param>
    /// <exception cref="ArgumentException">Facts, history and weather do not fit.</exception>
    public static CalibratedDemand Calibrate(DemandModel model, ReadOnlySpan<LoadFacts> facts, LoadHistory history, Weather weather)
    {
        if (facts.Length != history.Loads) throw new ArgumentException($"There are facts of {facts.Length} loads and readings of {history.Loads}.", nameof(facts));
        if (weather.FirstStep != history.FirstStep || weather.Steps != history.Steps) throw new ArgumentException("The weather is not of the steps of the history.", nameof(weather));
        var mixes = new CustomerMix[facts.Length];
        for (var load = 0; load < mixes.Length; load++) mixes[load] = new(facts[load]);
        var (learnt, kwpPerKw) = CityFit.Of(model, weather, history, mixes);
        var columns = new FitColumns(learnt.Series(weather), learnt.Shapes.CoolingPerC);
        var fit = new LoadFit(columns, kwpPerKw);
        var loads = new FactorLoads(facts.Length);
        var quality = new LoadQuality[facts.Length];
        var (below, above, levels) = (new double[facts.Length * LoadFit.Parts], new double[facts.Length * LoadFit.Parts], new double[facts.Length]);
        var band = Bands(fit, history, mixes);
        for (var load = 0; load < facts.Length; load++)
        {
            levels[load] = double.NaN;
            if (!fit.Fit(history.Of(load), mixes[load], history.Steps)) continue;
            levels[load] = fit.LevelKw / mixes[load].MeanKw;
            quality[load] = new(LoadSource.Measured, fit.Readings, fit.Outliers, fit.Weights[FitColumns.Pv]);
            Write(loads, load, fit.Weights, learnt.Shapes.CoolingPerC, mixes[load]);
            loads.SigmaKw[load] = fit.SigmaKw;
            for (var part = 0; part < LoadFit.Parts; part++)
            {
                var at = (load * LoadFit.Parts) + part;
                (below[at], above[at]) = (band[part].Low * fit.PartSigmaKw[part], band[part].High * fit.PartSigmaKw[part]);
            }
        }
        var factors = Estimate(loads, quality, levels, facts, mixes, learnt, kwpPerKw);
        var seen = new bool[ClassShapes.Kinds];
        for (var step = 0; step < history.Steps; step++) seen[(int)model.Calendar.KindOf(DateOnly.FromDateTime(Quarters.At(history.FirstStep, step)))] = true;
        return new(learnt, loads, quality, below, above, factors, seen);
    }

    /// <summary>How many deviations new readings fall below and above, by part of the day: of days that were not fitted.</summary>
    private static (double Low, double High)[] Bands(LoadFit fit, LoadHistory history, CustomerMix[] mixes)
    {
        var lists = Enumerable.Range(0, LoadFit.Parts).Select(static _ => new List<double>()).ToArray();
        var end = history.Steps - (HeldOutDays * Quarters.ADay);
        for (var load = 0; load < history.Loads && end >= LeastDays * Quarters.ADay; load += HeldOutEvery)
        {
            var kw = history.Of(load);
            if (!fit.Fit(kw, mixes[load], end)) continue;
            for (var step = end; step < kw.Length; step++)
            {
                if (double.IsNaN(kw[step])) continue;
                var part = fit.PartOf(step);
                lists[part].Add((kw[step] - fit.Fitted[step]) / fit.PartSigmaKw[part]);
            }
        }
        return [.. lists.Select(static list => Quantiles.Band(list, Share, Normal))];
    }

    /// <summary>Weights of the fit's columns become weights of the factors.</summary>
    private static void Write(FactorLoads loads, int load, ReadOnlySpan<double> weights, double[] coolingPerC, in CustomerMix mix)
    {
        for (var c = 0; c < FitColumns.Classes; c++)
        {
            var (customers, tangent) = ((CustomerClass)c, CustomerProfile.Of((CustomerClass)c).Tangent);
            var cooling = coolingPerC[c] * (weights[c] + weights[FitColumns.Cooling + c]);
            (loads.P(load, Factor.Base(customers)), loads.Q(load, Factor.Base(customers))) = (weights[c], weights[c] * tangent);
            (loads.P(load, Factor.Cooling(customers)), loads.Q(load, Factor.Cooling(customers))) = (cooling, cooling * tangent);
        }
        loads.P(load, Factor.Pv) = weights[FitColumns.Pv];
        for (var own = 0; own < Factor.OwnShapes; own++)
        {
            (loads.P(load, Factor.Own + own), loads.Q(load, Factor.Own + own)) = (weights[FitColumns.Own + own], weights[FitColumns.Own + own] * mix.Tangent);
        }
    }

    /// <summary>Loads without readings: what their customers make, times what loads of their class and feeder were found to be of that.</summary>
    private static (double Low, double High)[] Estimate(FactorLoads loads, LoadQuality[] quality, double[] levels, ReadOnlySpan<LoadFacts> facts, CustomerMix[] mixes, DemandModel model, double[] kwpPerKw)
    {
        var factors = new (double, double)[levels.Length];
        if (!levels.Any(double.IsNaN)) return factors;
        var size = Sizes(levels, facts, mixes);
        for (var load = 0; load < levels.Length; load++) levels[load] /= size[load];
        var ofClass = new double[CustomerProfile.Count];
        var all = Quantiles.Median([.. levels.Where(static level => level > 0)]);
        for (var c = 0; c < ofClass.Length; c++)
        {
            List<double> known = [];
            for (var load = 0; load < levels.Length; load++) if ((int)mixes[load].Largest == c && levels[load] > 0) known.Add(levels[load]);
            ofClass[c] = known.Count >= LeastOfClass ? Quantiles.Median(known) : double.IsNaN(all) ? 1 : all;
        }
        Dictionary<int, (double Sum, int Count)> feeders = [];
        for (var load = 0; load < levels.Length; load++)
        {
            if (!(levels[load] > 0)) continue;
            var (sum, count) = feeders.GetValueOrDefault(facts[load].Feeder);
            feeders[facts[load].Feeder] = (sum + Math.Log(levels[load] / ofClass[(int)mixes[load].Largest]), count + 1);
        }
        double Expected(int feeder, CustomerMix mix) => ofClass[(int)mix.Largest] * (feeder >= 0 && feeders.TryGetValue(feeder, out var logs) ? Math.Exp(logs.Sum / (logs.Count + FeederShrinkage)) : 1);
        var spread = new (double Low, double High)[CustomerProfile.Count];
        for (var c = 0; c < spread.Length; c++)
        {
            List<double> ratios = [];
            for (var load = 0; load < levels.Length; load++) if ((int)mixes[load].Largest == c && levels[load] > 0) ratios.Add(levels[load] / Expected(facts[load].Feeder, mixes[load]));
            spread[c] = Quantiles.Band(ratios, Share, Unknown);
        }
        var weights = new double[FitColumns.Count];
        for (var load = 0; load < levels.Length; load++)
        {
            if (!double.IsNaN(levels[load])) continue;
            var mix = mixes[load];
            var kw = mix.MeanKw * size[load] * Expected(facts[load].Feeder, mix);
            for (var c = 0; c < FitColumns.Classes; c++) weights[c] = kw * mix.Share[c];
            weights[FitColumns.Pv] = kw * kwpPerKw[(int)mix.Largest];
            Write(loads, load, weights, model.Shapes.CoolingPerC, mix);
            factors[load] = spread[(int)mix.Largest];
            loads.SigmaKw[load] = kw * (factors[load].Item2 - factors[load].Item1) / (2 * Normal.High);
            quality[load] = new(LoadSource.Estimated, 0, 0, weights[FitColumns.Pv]);
        }
        return factors;
    }

    /// <summary>
    /// What ratings say of loads beside their customers: (rating / customers' kW)^β, with β between 0 (only customers count) and 1 (only ratings do) by least squares of
    /// the logarithms of the loads that are measured, class by class.
    /// </summary>
    private static double[] Sizes(double[] levels, ReadOnlySpan<LoadFacts> facts, CustomerMix[] mixes)
    {
        var ratios = new double[levels.Length];
        for (var load = 0; load < ratios.Length; load++) ratios[load] = facts[load].RatingKva > 0 && mixes[load].MeanKw > 0 ? Math.Log(facts[load].RatingKva / mixes[load].MeanKw) : 0;
        var (above, below) = (0.0, 1e-9);
        for (var c = 0; c < CustomerProfile.Count; c++)
        {
            var members = Enumerable.Range(0, levels.Length).Where(load => (int)mixes[load].Largest == c && levels[load] > 0).ToArray();
            if (members.Length == 0) continue;
            var (ratio, level) = (members.Average(load => ratios[load]), members.Average(load => Math.Log(levels[load])));
            above += members.Sum(load => (ratios[load] - ratio) * (Math.Log(levels[load]) - level));
            below += members.Sum(load => (ratios[load] - ratio) * (ratios[load] - ratio));
        }
        var beta = Math.Clamp(above / below, 0, 1);
        return [.. ratios.Select(ratio => Math.Exp(beta * ratio))];
    }
}
