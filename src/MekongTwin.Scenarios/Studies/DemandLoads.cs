using System.Numerics;
using MekongTwin.Engines.Demand;
using MekongTwin.Scenarios.Levers;

namespace MekongTwin.Scenarios.Studies;

/// <summary>The loads of a scenario's futures, from the demand model: one draw of weather a future for the whole city.</summary>
internal sealed class DemandLoads : IFutureLoads
{
    /// <summary>Buildings remember about two days.</summary>
    private const int WarmUpDays = 2;

    private readonly FutureLevers levers;
    private readonly WeatherGenerator weather;
    private readonly long seed;
    private readonly DateOnly first;
    private readonly double baseKva;
    private readonly (int Load, int Bus)[][] loadsOf;
    private readonly PlacedBattery[][] batteriesOf;

    public DemandLoads(FutureLevers levers, FeederGrid[] feeders, PlacedBattery[][] batteriesOf, WeatherGenerator weather, long seed, DateOnly first, double baseKva)
    {
        (this.levers, this.batteriesOf, this.weather, this.seed, this.first, this.baseKva) = (levers, batteriesOf, weather, seed, first, baseKva);
        var loadsOfBus = levers.Likely.BusOf.Select(static (bus, load) => (bus, load)).ToLookup(static pair => pair.bus, static pair => pair.load);
        loadsOf = [.. feeders.Select(feeder => feeder.Buses.SelectMany((bus, i) => loadsOfBus[bus].Select(load => (load, i))).ToArray())];
    }

    public IStretchLoads MakeStretch() => new Stretch(this);

    private sealed class Stretch(DemandLoads of) : IStretchLoads
    {
        private readonly double[] kw = new double[IFutureLoads.Steps], kvar = new double[IFutureLoads.Steps];
        private readonly double[] fedKw = new double[IFutureLoads.Steps];
        private FactorSeries series = new(default, 0, []);
        private double[] ambientC = [];
        private LoadLevers levers = of.levers.Likely;
        private int leversOf = -1;
        private int firstDay;

        public void Draw(int future, int firstDay, int days)
        {
            this.firstDay = firstDay;
            if (leversOf != future) (leversOf, levers) = (future, of.levers.Of(future));
            var drawn = of.weather.Generate(future, of.first.AddDays(firstDay - WarmUpDays), WarmUpDays + days).Warmer(levers.HeatC);
            ambientC = drawn.TemperatureC[(WarmUpDays * Quarters.ADay)..];
            series = levers.Model.Series(drawn).Slice(WarmUpDays * Quarters.ADay, days * Quarters.ADay).WithResiduals(of.seed, future);
        }

        public ReadOnlySpan<double> AmbientC(int day) => ambientC.AsSpan((day - firstDay) * Quarters.ADay, Quarters.ADay);

        public void Fill(int feeder, FeederGrid grid, int day, Span<double> p, Span<double> q)
        {
            p.Clear();
            q.Clear();
            var at = (day - firstDay) * Quarters.ADay;
            foreach (var (load, bus) in of.loadsOf[feeder])
            {
                levers.Loads.Fill(series, load, at, kw, kvar);
                if (levers.DailyGrowth[load] != 0) Grow(load, at, Math.Exp(levers.DailyGrowth[load] * day));
                Move(load, day);
                Add(kw, Column(p, bus));
                Add(kvar, Column(q, bus));
            }
            foreach (var battery in of.batteriesOf[feeder]) Store(battery, p);
        }

        /// <summary>A battery takes and gives beside what the batteries of earlier levers do.</summary>
        private void Store(PlacedBattery battery, Span<double> p)
        {
            Array.Clear(fedKw);
            foreach (var bus in battery.Fed)
            {
                var column = Column(p, bus);
                for (var step = 0; step < fedKw.Length; step++) fedKw[step] += column[step] * of.baseKva;
            }
            Add(battery.Course(fedKw), Column(p, battery.Bus));
        }

        private static Span<double> Column(Span<double> of, int bus) => of.Slice(bus * IFutureLoads.Steps, IFutureLoads.Steps);

        /// <summary>Adds kW, or kvar, to what is in pu.</summary>
        private void Add(double[] power, Span<double> column)
        {
            var unit = 1 / of.baseKva;
            for (var step = 0; step < column.Length; step += Vector<double>.Count) (new Vector<double>(column[step..]) + (new Vector<double>(power, step) * unit)).CopyTo(column[step..]);
        }

        private void Grow(int load, int at, double times)
        {
            for (var step = 0; step < kw.Length; step++) (kw[step], kvar[step]) = (kw[step] * times, kvar[step] * times);
            foreach (var factor in LoadLevers.Apart)
            {
                var (lessKw, lessKvar) = ((times - 1) * levers.Loads.P(load, factor), (times - 1) * levers.Loads.Q(load, factor));
                if (lessKw == 0 && lessKvar == 0) continue;
                var values = series.Of(factor).Slice(at, kw.Length);
                for (var step = 0; step < kw.Length; step++) (kw[step], kvar[step]) = (kw[step] - (lessKw * values[step]), kvar[step] - (lessKvar * values[step]));
            }
        }

        /// <summary>What levers do to a load's day as a whole.</summary>
        private void Move(int load, int day)
        {
            levers.Tariff?.Move(load, of.first.AddDays(day), kw);
            if (levers.Shift is { } shift)
            {
                var (from, to) = ((int)(shift.FromHour * 4), (int)(shift.ToHour * 4));
                var change = new DemandResponse(from, to - from, shift.Percent.Likely / 100, shift.Rebound.Likely).Change(kw);
                for (var step = 0; step < kw.Length; step++) kw[step] += change[step];
            }
            if (levers.Exports == ExportLimit.Free) return;
            for (var step = 0; step < kw.Length; step++) kw[step] = Math.Max(-levers.Exports.Kw, kw[step]);
        }
    }
}
