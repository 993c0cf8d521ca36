using System.Globalization;
using MekongTwin.Api;
using MekongTwin.Benchmarks.Processes;
using MekongTwin.Benchmarks.Report;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Grid;
using MekongTwin.Simulators.Living;
using MekongTwin.Simulators.Model;

namespace MekongTwin.Benchmarks.PowerFlow;

/// <summary>
/// The pilot's completed state beside the truth of its simulator, hour by hour over a day: how often the 90 % bands hold it, and how far
/// off the estimates are. The truth differs from what the completion assumes: profiles, weather, transformers on another feeder than the
/// folder says, wrong ratios, switching that nobody reports.
/// </summary>
internal sealed class CompletionTruth(double scale)
{
    private const int Instants = 24;

    private static readonly DateTimeOffset Midnight = new(2026, 11, 20, 0, 0, 0, TimeSpan.FromHours(7));

    public Table Run()
    {
        var table = new Table("completion: the pilot beside its simulator's truth", "transformers that report", "estimates of", "number", "within their 90 % band", "error, median and 95th percentile", "half the band, median");
        foreach (var share in (ReadOnlySpan<double>)[1, 0.5, 0]) Measure(table, share);
        table.Note($"{Math.Max(1, (int)(Instants * scale))} instants of {Midnight:yyyy-MM-dd}, seed 1. Heads report always; transformers as in the profile 'default' (15 % of the public ones with the next day's read-out), fewer where the first column says so.");
        return table;
    }

    private void Measure(Table table, double share)
    {
        var folder = Simulators.Cities.CityFolder.Read(Repository.City);
        List<Network> networks = [];
        var model = CityFolder.Read([Repository.City], [], networks);
        var (grid, completion) = (new GridModel(folder, 1), new CityGridState(model, model, networks.Single()));
        var meters = folder.Grid.Transformers.Select((file, i) => TransformerMeter.Of(grid, i, null)).ToList();
        var assets = meters.ConvertAll(meter => model.FindAsset($"{folder.City.Id}/{meter.Id}")!);
        var (placed, misplaced, voltages) = (new Errors(), new Errors(), new Errors());
        var (contradicted, faulty, both, feeders) = (0, 0, 0, 0);
        for (var hour = 0; hour < Math.Max(1, (int)(Instants * scale)); hour++)
        {
            var now = Midnight.AddHours(hour).AddMinutes(7 * hour % 60);
            var nowMs = now.ToUnixTimeMilliseconds();
            var reading = meters.ConvertAll(meter => Noise.For(1, meter.Id).Constant(77) < share ? LastReading(meter, folder.Grid.Feeders.Count, nowMs) : -1);
            var state = completion.Complete(Snapshot(model, folder, grid, meters, assets, reading, nowMs), now);
            var moved = new HashSet<string>();
            for (var t = 0; t < meters.Count; t++)
            {
                var (kw, _, volt) = (meters[t] with { Meter = new Meter(1, 1) }).Read(grid, nowMs);
                var named = model.Assets[assets[t].ElectricalParent];
                var isMisplaced = folder.Grid.Feeders[meters[t].Feeder].Id != named.Id.Path[(folder.City.Id.Length + 1)..];
                if (isMisplaced) moved.UnionWith([named.Id.Path, $"{folder.City.Id}/{folder.Grid.Feeders[meters[t].Feeder].Id}"]);
                if (reading[t] >= 0 && meters[t].Meter.PowerGain is < 0.99 or > 1.01) moved.Add(named.Id.Path);
                if (!state.Assets.TryGetValue(assets[t].Number, out var values)) continue;
                if (values.TryGetValue("P", out var power)) (isMisplaced ? misplaced : placed).Add(kw, power, assets[t].RatingKva);
                if (values.TryGetValue("V", out var voltage)) voltages.Add(volt, voltage, 230);
            }
            foreach (var transfer in grid.MomentAt(nowMs).Transfers) moved.UnionWith([$"{folder.City.Id}/{folder.Grid.Feeders[transfer.From].Id}", $"{folder.City.Id}/{folder.Grid.Feeders[transfer.To].Id}"]);
            foreach (var feeder in state.Feeders)
            {
                var (isSaid, isFaulty) = (feeder.Inconsistency is not null, moved.Contains(feeder.Id));
                (feeders, contradicted, faulty, both) = (feeders + 1, contradicted + (isSaid ? 1 : 0), faulty + (isFaulty ? 1 : 0), both + (isSaid && isFaulty ? 1 : 0));
            }
        }
        var label = share.ToString("P0", CultureInfo.InvariantCulture);
        placed.AddTo(table, label, "loads, % of rating");
        misplaced.AddTo(table, label, "loads of transformers that hang on another feeder, % of rating");
        voltages.AddTo(table, label, "voltages, % of 230 V");
        table.Note(string.Create(CultureInfo.InvariantCulture, $"With {label} reporting: of {feeders} feeders at an instant {faulty} had a transformer too many or too few, a wrong ratio or a transfer; {contradicted} were said to contradict their heads, {both} of them rightly."));
    }

    /// <summary>Milliseconds since 1970 of the newest reading that has come in.</summary>
    private static long LastReading(TransformerMeter meter, int feeders, long nowMs)
    {
        var cadence = Cadence.Of(Profile.Default);
        if (cadence.IsNextDay(meter))
        {
            var sinceMidnight = nowMs - Midnight.ToUnixTimeMilliseconds();
            var sentAt = (3600 + (4 * 3600 * meter.Noise.Constant(41))) * 1000;
            return Midnight.ToUnixTimeMilliseconds() - (sinceMidnight >= sentAt ? 0 : 86_400_000);
        }
        var period = cadence.PeriodOf(meter);
        var offsetMs = (int)((period / 3 + 1) * (meter.Feeder / (double)feeders)) * 1000L;
        return (nowMs - offsetMs) / (period * 1000L) * (period * 1000L);
    }

    private static CitySnapshot Snapshot(Model model, Simulators.Cities.CityFolder folder, GridModel grid, List<TransformerMeter> meters, List<Asset> assets, List<long> reading, long nowMs)
    {
        List<TwinSnapshot> twins = [];
        // The simulator keeps the last instant of each feeder: instant by instant.
        foreach (var t in Enumerable.Range(0, meters.Count).Where(t => reading[t] >= 0).OrderBy(t => reading[t]).ThenBy(t => meters[t].Feeder))
        {
            var (kw, kvar, volt) = meters[t].Read(grid, reading[t]);
            twins.Add(new(assets[t], [Latest(model, assets[t], "P", kw, 1, reading[t]), Latest(model, assets[t], "Q", kvar, 1, reading[t]), Latest(model, assets[t], "V", volt, 1, reading[t])]));
        }
        for (var f = 0; f < folder.Grid.Feeders.Count; f++)
        {
            var (id, state) = ($"{folder.City.Id}/{folder.Grid.Feeders[f].Id}", grid.FeederAt(f, nowMs));
            var (meter, asset) = (Meter.OfPanel(Noise.For(1, id)), model.FindAsset(id)!);
            twins.Add(new(asset, [Latest(model, asset, "P", state.Kw * meter.PowerGain, 1, nowMs), Latest(model, asset, "Q", state.Kvar * meter.PowerGain, 1, nowMs), Latest(model, asset, "V", state.Kv * meter.VoltageGain, 3, nowMs)]));
        }
        return new(new JournalCut([]), twins);
    }

    private static LatestValue Latest(Model model, Asset asset, string metric, double value, int digits, long timeMs)
    {
        var point = model.FindPoint(asset.Number, metric)!;
        FixedPoint.TryFrom(Math.Round(value, digits), out var micro);
        return new(point, new(timeMs * 1000, micro, point.Number, 0, Quality.Good, ReadingFlags.None));
    }

    /// <summary>Errors and half bands, as shares of a size.</summary>
    private sealed class Errors
    {
        private readonly List<double> errors = [];
        private readonly List<double> bands = [];
        private int inside;

        public void Add(double truth, Estimate estimate, double size)
        {
            var error = Math.Abs(truth - estimate.Value);
            if (error <= estimate.PlusMinus) inside++;
            errors.Add(error / size);
            bands.Add(estimate.PlusMinus / size);
        }

        public void AddTo(Table table, string reporting, string what)
        {
            if (errors.Count == 0) return;
            string At(List<double> values, double share) => (100 * values.Order().ElementAt((int)(share * (values.Count - 1)))).ToString("0.00", CultureInfo.InvariantCulture);
            table.Add(reporting, what, errors.Count.ToString("n0", CultureInfo.InvariantCulture), ((double)inside / errors.Count).ToString("P1", CultureInfo.InvariantCulture), $"{At(errors, 0.5)}, {At(errors, 0.95)}", At(bands, 0.5));
        }
    }
}
