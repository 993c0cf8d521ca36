using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Model;

/// <summary>
/// The distribution grid as a pure function of time: the truth, of which meters tell a part. Powers in kW and kvar. A feeder
/// is worked out by itself when it is asked for, about a microsecond a transformer; nothing else of the city is. The truth
/// holds what the folder does not know: which transformers hang on another feeder than it says, and switching that nobody reports.
/// Not thread-safe.
/// </summary>
internal sealed class GridModel
{
    /// <summary>Share of the transformers that hang on the neighbour of the feeder which the folder names.</summary>
    internal const double WrongFeederShare = 0.03;

    /// <summary>No-load and full-load loss of a substation's transformer, share of its rating; reactive likewise.</summary>
    internal const double SubstationNoLoadShare = 0.0006;
    internal const double SubstationLoadShare = 0.0037;
    private const double SubstationMagnetisingShare = 0.004;
    private const double SubstationReactanceShare = 0.105;

    /// <summary>The tap changer holds the busbar a little higher the more the city takes, and within half a step.</summary>
    private const double BusbarLowPu = 1.015;
    private const double BusbarRisePu = 0.015;
    private const double BusbarStepPu = 0.006;

    private const double HighVoltageLoading = 0.55;

    /// <summary>Sweeps over a feeder: the second one works with voltages within 0.01 % of the last.</summary>
    private const int Sweeps = 2;

    private readonly DemandFile _demand;
    private readonly Weather _weather;
    private readonly TimeZoneInfo _zone;
    private readonly Cooling _cooling;
    private readonly NetworkModel _network;
    private readonly Switching _switching;
    private readonly Supply _supply;
    private readonly TransformerModel[] _transformers;
    private readonly int[][] _transformersAt;
    private readonly double[] _feederKv;
    private readonly long[] _driftMs;
    private readonly double _pvScale;
    private readonly double _households;
    private readonly Noise[] _substationNoise;
    private readonly FeederState?[] _latest;
    private readonly int[] _substationOf;
    private readonly ILookup<int, int> _feedersOf;
    private Moment? _moment;

    public GridModel(CityFolder folder, long seed)
    {
        var grid = folder.Grid;
        var city = folder.City.Id;
        Folder = folder;
        _demand = folder.Simulation.Demand;
        _zone = TimeZoneInfo.FindSystemTimeZoneById(folder.City.Zone);
        _weather = Weather.Of(folder, seed);
        _cooling = new(_demand);
        _network = new(grid);
        _switching = new(_network, seed, city);
        _supply = new(folder, seed);
        _transformers = [.. grid.Transformers.Select(file => TransformerModel.Make(file, city, TrueNode(file, seed), seed, _demand.MeanLoading))];
        var at = Enumerable.Range(0, _transformers.Length).ToLookup(i => _transformers[i].Node);
        _transformersAt = [.. Enumerable.Range(0, _network.Nodes).Select(node => at[node].ToArray())];
        _feederKv = [.. grid.Feeders.Select(feeder => feeder.Kv)];
        // Clouds pass over the feeders one after another, all of them within half an hour.
        _driftMs = [.. grid.Feeders.Select(feeder => (long)(Noise.For(seed, $"{city}/{feeder.Id}").Constant(0) * 1_800_000))];
        var kwp = _transformers.Sum(transformer => transformer.PvKwp);
        _pvScale = kwp > 0 ? 1000 * _demand.RooftopPvMwp / kwp : 0;
        _households = Math.Max(1, _transformers.Sum(transformer => transformer.Households));
        _substationNoise = [.. grid.Substations.Select(substation => Noise.For(seed, $"{city}/{substation.Id}"))];
        _latest = new FeederState?[grid.Feeders.Count];
        var substations = grid.Substations.Select((substation, i) => (substation.Id, i)).ToDictionary(pair => pair.Id, pair => pair.i, StringComparer.Ordinal);
        _substationOf = [.. grid.Feeders.Select(feeder => substations.TryGetValue(feeder.Substation, out var number) ? number : throw new InvalidDataException($"grid.json: {feeder.Id} refers to {feeder.Substation}, which is not there."))];
        _feedersOf = Enumerable.Range(0, _substationOf.Length).ToLookup(feeder => _substationOf[feeder]);
    }

    public CityFolder Folder { get; }

    public NetworkModel Network => _network;

    public IReadOnlyList<TransformerModel> Transformers => _transformers;

    /// <summary>Position of the feeder that truly feeds a transformer while the switches stand as they normally do.</summary>
    public int TrueFeederOf(int transformer) => _network.FeederOf(_transformers[transformer].Node);

    /// <summary>What the city shares at an instant, milliseconds since 1970. The last one is kept.</summary>
    public Moment MomentAt(long timeMs)
    {
        if (_moment is { } latest && latest.TimeMs == timeMs) return latest;
        var local = LocalTime.Of(timeMs, _zone);
        var felt = Cooling.FeltC(then => _weather.At(then, LocalTime.Of(then, _zone)), timeMs);
        var rise = _cooling.Rise(felt);
        var years = (local.Date.DayNumber - _demand.At.DayNumber + local.Hour / 24) / 365.25;
        var growth = Math.Pow(1 + _demand.GrowthPercentPerYear / 100, years);
        var shares = CustomerClass.All.Select(customers => growth * customers.ShareAt(local, _demand.NewYear) * (1 + customers.CoolingWeight * rise)).ToArray();
        var vehicles = ElectricVehicles.Kw(local, _demand) / _households;
        return _moment = new(timeMs, local, _weather.At(timeMs, local), felt, shares, vehicles, _switching.At(timeMs));
    }

    /// <summary>A feeder by its position in the folder. The last state of each is kept.</summary>
    public FeederState FeederAt(int feeder, long timeMs)
    {
        if (_latest[feeder] is { } latest && latest.TimeMs == timeMs) return latest;
        var moment = MomentAt(timeMs);
        var tree = _switching.TreeAt(feeder, moment.Transfers);
        var state = new FeederState(timeMs, [.. tree.Nodes.SelectMany(node => _transformersAt[node])]) { Kv = _feederKv[feeder] * BusbarPu(_substationOf[feeder], moment) };
        var supply = _supply.At(feeder, timeMs);
        var (nodeKw, nodeKvar) = AddTransformers(feeder, moment, tree, supply, state);
        Sweep(feeder, tree, supply, nodeKw, nodeKvar, state);
        if (!supply.Feeds(0)) state.Kv = 0;
        return _latest[feeder] = state;
    }

    public SubstationState SubstationAt(int substation, long timeMs)
    {
        var moment = MomentAt(timeMs);
        var (kw, kvar) = (0.0, 0.0);
        foreach (var feeder in _feedersOf[substation])
        {
            var state = FeederAt(feeder, timeMs);
            kw += state.Kw;
            kvar += state.Kvar;
        }
        var file = Folder.Grid.Substations[substation];
        if (file.Customers is { } customers)
        {
            var ownKw = HighVoltageKw(substation, customers, moment);
            return new(ownKw, 0.4 * ownKw, _feederKv.Length > 0 ? BusbarKv(substation) * BusbarPu(substation, moment) : 0, 0);
        }
        var loading = double.Hypot(kw, kvar) / file.RatingKva;
        var lossKw = file.RatingKva * (SubstationNoLoadShare + SubstationLoadShare * loading * loading);
        return new(kw + lossKw, kvar + file.RatingKva * (SubstationMagnetisingShare + SubstationReactanceShare * loading * loading), BusbarKv(substation) * BusbarPu(substation, moment), lossKw);
    }

    public CityState CityAt(long timeMs)
    {
        var (supply, losses) = (0.0, 0.0);
        for (var substation = 0; substation < _substationNoise.Length; substation++)
        {
            var state = SubstationAt(substation, timeMs);
            supply += state.Kw;
            losses += state.LossKw;
        }
        for (var feeder = 0; feeder < _latest.Length; feeder++)
        {
            var state = FeederAt(feeder, timeMs);
            losses += state.LineLossKw + state.TransformerLossKw + state.LowVoltageLossKw;
        }
        return new(supply, supply - losses, losses);
    }

    private (double[] Kw, double[] Kvar) AddTransformers(int feeder, Moment moment, FeederTree tree, FeederSupply supply, FeederState state)
    {
        var irradiance = _weather.IrradianceWm2(moment.TimeMs, moment.Local, moment.Weather.Cloud, _driftMs[feeder]);
        // Modules give 0.8 of their rating at 1,000 W/m² after all losses, and 0.4 % less for each °C above 25, 25 °C warmer than the air in full sun.
        var cellC = moment.Weather.TemperatureC + 25 * irradiance / 1000;
        var pvShare = _pvScale * 0.8 * irradiance / 1000 * (1 - 0.004 * (cellC - 25));
        var (nodeKw, nodeKvar) = (new double[tree.Nodes.Length], new double[tree.Nodes.Length]);
        var i = 0;
        for (var at = 0; at < tree.Nodes.Length; at++)
        {
            var pickup = supply.PickupOf(tree.Sections[at]);
            foreach (var number in _transformersAt[tree.Nodes[at]])
            {
                // What is not fed takes nothing, and roofs do not feed it: inverters switch off with the grid.
                if (!supply.Feeds(tree.Sections[at]))
                {
                    i++;
                    continue;
                }
                var transformer = _transformers[number];
                var loadKw = transformer.LoadKw(moment) * pickup;
                var kw = loadKw - transformer.PvKwp * pvShare;
                var kvar = loadKw * transformer.ReactiveShare;
                var losses = transformer.Losses(kw, kvar);
                (state.TransformerKw[i], state.TransformerKvar[i]) = (kw, kvar);
                state.TransformerLossKw += losses.Kw;
                if (!transformer.IsOwned) state.LowVoltageLossKw += loadKw * _demand.LowVoltageLossPercent / 100;
                nodeKw[at] += kw + losses.Kw;
                nodeKvar[at] += kvar + losses.Kvar;
                i++;
            }
        }
        return (nodeKw, nodeKvar);
    }

    /// <summary>Flows inward, voltages outward: the power through each line with its losses, and the voltage at each node.</summary>
    private void Sweep(int feeder, FeederTree tree, FeederSupply supply, double[] nodeKw, double[] nodeKvar, FeederState state)
    {
        var voltage = Enumerable.Repeat(state.Kv, tree.Nodes.Length).ToArray();
        var (kw, kvar) = (new double[nodeKw.Length], new double[nodeKvar.Length]);
        for (var sweep = 0; sweep < Sweeps; sweep++)
        {
            nodeKw.CopyTo(kw, 0);
            nodeKvar.CopyTo(kvar, 0);
            state.LineLossKw = 0;
            for (var at = tree.Nodes.Length - 1; at > 0; at--)
            {
                // 3·I²·R with I² = S²/(3·V²): kVA² / kV² · Ω is W.
                var line = _network.Lines[tree.Lines[at]];
                var squared = (kw[at] * kw[at] + kvar[at] * kvar[at]) / (voltage[at] * voltage[at]) / 1000;
                state.LineLossKw += squared * line.ROhm;
                kw[at] += squared * line.ROhm;
                kvar[at] += squared * line.XOhm;
                kw[tree.FedFrom[at]] += kw[at];
                kvar[tree.FedFrom[at]] += kvar[at];
            }
            for (var at = 1; at < tree.Nodes.Length; at++)
            {
                var line = _network.Lines[tree.Lines[at]];
                var from = voltage[tree.FedFrom[at]];
                voltage[at] = from - (kw[at] * line.ROhm + kvar[at] * line.XOhm) / from / 1000;
            }
        }
        (state.Kw, state.Kvar) = (kw[0], kvar[0]);
        var i = 0;
        for (var at = 0; at < tree.Nodes.Length; at++)
        {
            foreach (var number in _transformersAt[tree.Nodes[at]])
            {
                if (supply.Feeds(tree.Sections[at])) state.TransformerV[i] = _transformers[number].LowVoltageV(voltage[at] / _feederKv[feeder], state.TransformerKw[i], state.TransformerKvar[i]);
                i++;
            }
        }
    }

    private double HighVoltageKw(int substation, CustomerCounts customers, Moment moment)
    {
        var share = 0.0;
        foreach (var (name, _) in customers.ByClass) share = Math.Max(share, moment.Shares[CustomerClass.IndexOf(name)]);
        return Folder.Grid.Substations[substation].RatingKva * HighVoltageLoading * share * (1 + 0.06 * _substationNoise[substation].Layered(moment.TimeMs, 5));
    }

    /// <summary>Nominal voltage of a busbar, kV: that of its feeders; of a customer's own substation, which has none, the city's.</summary>
    private double BusbarKv(int substation) => _feedersOf[substation].Select(feeder => _feederKv[feeder]).FirstOrDefault(_feederKv.FirstOrDefault(22));

    private double BusbarPu(int substation, Moment moment) =>
        BusbarLowPu + BusbarRisePu * Math.Min(1, moment.Shares[0] / 1.6) + BusbarStepPu * _substationNoise[substation].Layered(moment.TimeMs, 0);

    /// <summary>Where a transformer truly hangs: for a few, at the far end of a tie of the feeder that the folder names.</summary>
    private int TrueNode(TransformerFile file, long seed)
    {
        var node = _network.NodeOf(file);
        var noise = Noise.For(seed, $"{Folder.City.Id}/{file.Id}/place");
        if (noise.Constant(0) >= WrongFeederShare) return node;
        var feeder = _network.FeederOf(node);
        var ties = _network.Lines.Where(line => line.IsNormallyOpen && (_network.FeederOf(line.From) == feeder) != (_network.FeederOf(line.To) == feeder)).ToList();
        if (ties.Count == 0) return node;
        var tie = ties[(int)(ties.Count * noise.Constant(1))];
        return _network.FeederOf(tie.From) == feeder ? tie.To : tie.From;
    }
}
