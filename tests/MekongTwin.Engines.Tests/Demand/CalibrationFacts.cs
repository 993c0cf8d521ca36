using System.Globalization;
using MekongTwin.Engines.Demand;
using MekongTwin.Engines.Demand.Calibration;

namespace MekongTwin.Engines.Tests.Demand;

public sealed class CalibrationFacts
{
    private const int Days = 14;

    private static readonly DemandModel Model = GeneratedCity.Model;

    private static readonly Weather Whole = GeneratedCity.Weather;

    private static readonly Weather Past = Whole.Slice(0, Days * 96);

    private static readonly Weather Next = Whole.Slice(Days * 96, 7 * 96);

    /// <summary>
    /// The simulator's city, which the model does not know: another response to heat, other shapes, wrong meters and mappings, clouds of each feeder's
    /// own. Given the weather of the week. The bounds hold with room for what was measured; see the room's page.
    /// </summary>
    [Theory]
    [InlineData(1, "2026-06-08")]
    [InlineData(2, "2026-11-02")]
    [InlineData(3, "2026-03-02")]
    [InlineData(4, "2026-04-13")]
    public void Two_weeks_of_the_simulated_city_foretell_the_third(long seed, string first)
    {
        var city = new SimulatedCity(seed, DateOnly.Parse(first, CultureInfo.InvariantCulture), 8);
        var (history, weather) = city.Measure(0, Days);
        var (came, next) = city.Measure(Days, 7);
        // At ten in the morning the read-outs of that day have not come.
        for (var load = 0; load < history.Loads; load++) if (city.IsNextDay(load)) history.Of(load)[^56..].Fill(double.NaN);
        var demand = Calibrator.Calibrate(SimulatedCity.Model, city.Facts, history, weather);
        var skill = Skill.Of(demand, demand.Model.Series(weather.Then(next)).Slice(Days * 96, 7 * 96), history, came);
        Assert.Equal(history.Loads, skill.Compared);
        Assert.True(skill.BetterThanNaive >= 0.98 * skill.Compared, $"{skill.BetterThanNaive} of {skill.Compared} loads are foretold better than by seasonal naive.");
        Assert.InRange(skill.Coverage, 0.85, 0.95);
        Assert.InRange(skill.ErrorToNaive, 0.2, 0.65);
    }

    /// <summary>A fifth of the transformers are silent: their band is wide, and honest.</summary>
    [Fact]
    public void Silent_transformers_get_the_load_of_their_kind()
    {
        var city = new SimulatedCity(1, new(2026, 6, 8), 8);
        var (history, weather) = city.Measure(0, Days);
        var (came, next) = city.Measure(Days, 1);
        var silent = Enumerable.Range(0, history.Loads).Where(static load => load % 5 == 0).ToArray();
        foreach (var load in silent) history.Of(load).Fill(double.NaN);
        var demand = Calibrator.Calibrate(SimulatedCity.Model, city.Facts, history, weather);
        var series = demand.Model.Series(weather.Then(next)).Slice(Days * 96, 96);
        var (p5, p50, p95) = (new double[96], new double[96], new double[96]);
        var (inside, all, sum, truth) = (0, 0, 0.0, 0.0);
        foreach (var load in silent)
        {
            Assert.Equal(LoadSource.Estimated, demand.Quality[load].Source);
            demand.Predict(load, series, p5, p50, p95);
            for (var step = 0; step < 96; step++)
            {
                if (double.IsNaN(came.Of(load)[step])) continue;
                all++;
                (sum, truth) = (sum + p50[step], truth + came.Of(load)[step]);
                if (came.Of(load)[step] >= p5[step] && came.Of(load)[step] <= p95[step]) inside++;
            }
        }
        Assert.InRange(inside / (double)all, 0.8, 0.97);
        Assert.InRange(sum / truth, 0.8, 1.25);
    }

    [Fact]
    public void Loads_of_the_model_itself_are_found_again()
    {
        var (loads, facts) = GeneratedCity.Of(60, 1);
        var history = GeneratedCity.Readings(loads, Past, 0, 1);
        var demand = Calibrator.Calibrate(Model, facts, history, Past);
        var came = GeneratedCity.Readings(loads, Next, 0, 1);
        var skill = Skill.Of(demand, demand.Model.Series(Whole).Slice(Days * 96, 7 * 96), history, came);
        Assert.All(skill.Loads, static load => Assert.InRange(load.ErrorKw / load.MeanKw, 0, 0.02));
        Assert.All(demand.Quality, static quality => Assert.Equal(LoadSource.Measured, quality.Source));
    }

    /// <summary>One reading in a hundred is six times too high, and one load's meter is silent for a week.</summary>
    [Fact]
    public void Spikes_and_gaps_hardly_move_a_load()
    {
        var (loads, facts) = GeneratedCity.Of(60, 2);
        var clean = GeneratedCity.Readings(loads, Past, 0.03, 1);
        var dirty = GeneratedCity.Readings(loads, Past, 0.03, 1);
        var random = new Random(4);
        for (var i = 0; i < dirty.Kw.Length; i++) if (random.Next(100) == 0) dirty.Kw[i] *= 6;
        dirty.Of(5).Slice(3 * 96, 7 * 96).Fill(double.NaN);
        var (before, after) = (Calibrator.Calibrate(Model, facts, clean, Past), Calibrator.Calibrate(Model, facts, dirty, Past));
        var came = GeneratedCity.Readings(loads, Next, 0, 1);
        var skill = Skill.Of(after, after.Model.Series(Whole).Slice(Days * 96, 7 * 96), clean, came);
        var undisturbed = Skill.Of(before, before.Model.Series(Whole).Slice(Days * 96, 7 * 96), clean, came);
        for (var load = 0; load < facts.Length; load++) Assert.InRange(skill.Loads[load].ErrorKw / skill.Loads[load].MeanKw, 0, 0.015 + (undisturbed.Loads[load].ErrorKw / undisturbed.Loads[load].MeanKw));
        Assert.InRange(after.Quality.Average(static quality => quality.Outliers), 5, 20);
    }

    [Fact]
    public void The_same_readings_give_the_same_bits()
    {
        var (loads, facts) = GeneratedCity.Of(30, 3);
        var history = GeneratedCity.Readings(loads, Past, 0.05, 2);
        var (first, second) = (Calibrator.Calibrate(Model, facts, history, Past), Calibrator.Calibrate(Model, facts, history, Past));
        Assert.Equal(first.Loads.WeightP, second.Loads.WeightP);
        Assert.Equal(first.Loads.WeightQ, second.Loads.WeightQ);
        Assert.Equal(first.Loads.SigmaKw, second.Loads.SigmaKw);
    }

    [Fact]
    public void Without_any_reading_everything_is_assumed()
    {
        var (_, facts) = GeneratedCity.Of(5, 4);
        var demand = Calibrator.Calibrate(Model, facts, new(Past.FirstStep, Past.Steps, 5), Past);
        Assert.All(demand.Quality, static quality => Assert.Equal(LoadSource.Estimated, quality.Source));
        var (p5, p50, p95) = (new double[96], new double[96], new double[96]);
        for (var load = 0; load < 5; load++)
        {
            demand.Predict(load, demand.Model.Series(Past.Slice(0, 96)), p5, p50, p95);
            for (var step = 0; step < 96; step++) Assert.True(p5[step] > 0 && p5[step] < p50[step] && p50[step] < p95[step]);
        }
    }

    [Fact]
    public void The_band_is_wide_on_a_kind_of_day_that_was_not_seen()
    {
        var (loads, facts) = GeneratedCity.Of(20, 7);
        var demand = Calibrator.Calibrate(Model, facts, GeneratedCity.Readings(loads, Past, 0.03, 1), Past);
        var tet = new WeatherGenerator(ClimateNormals.DaNang, 3).Generate(0, new(2026, 2, 12), 6);
        var series = demand.Model.Series(tet);
        var (p5, p50, p95) = (new double[series.Steps], new double[series.Steps], new double[series.Steps]);
        demand.Predict(1, series, p5, p50, p95);
        double Width(int day) => Enumerable.Range(day * 96, 96).Average(step => (p95[step] - p5[step]) / p50[step]);
        Assert.InRange(Width(0), 0.02, 0.3);
        Assert.InRange(Width(5), 0.5, 0.7);
    }

    [Fact]
    public void Vehicles_and_estates_are_for_levers_to_add()
    {
        var (loads, facts) = GeneratedCity.Of(10, 5);
        var demand = Calibrator.Calibrate(Model, facts, GeneratedCity.Readings(loads, Past, 0.03, 1), Past);
        for (var load = 0; load < 10; load++)
        {
            foreach (var factor in (ReadOnlySpan<int>)[Factor.Motorbikes, Factor.Cars, Factor.Industry]) Assert.Equal(0, demand.Loads.P(load, factor));
            Assert.True(demand.Loads.P(load, Factor.Pv) >= 0);
        }
    }

    [Fact]
    public void Readings_go_to_the_nearest_quarter_and_others_are_passed_over()
    {
        var history = new LoadHistory(new(2026, 6, 1), 4, 1);
        history.Add(0, new(2026, 6, 1, 0, 14, 0), 5);
        history.Add(0, new(2026, 6, 1, 0, 37, 0), 6);
        history.Add(0, new(2026, 6, 1, 1, 0, 0), 7);
        history.Add(0, new(2026, 5, 31, 23, 45, 0), 8);
        Assert.Equal([double.NaN, 5, 6, double.NaN], history.Of(0).ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var (_, facts) = GeneratedCity.Of(2, 6);
        Assert.Throws<ArgumentException>(() => Calibrator.Calibrate(Model, facts, new(Past.FirstStep, Past.Steps, 3), Past));
        Assert.Throws<ArgumentException>(() => Calibrator.Calibrate(Model, facts, new(Past.FirstStep, 96, 2), Past));
    }
}
