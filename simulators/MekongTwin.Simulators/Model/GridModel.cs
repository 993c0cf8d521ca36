using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Model;

/// <summary>One transformer with what never changes about it under a seed.</summary>
internal sealed record TransformerModel(string Id, double RatingKva, int Feeder, int Class, double PeakLoading, double DistanceShare, Noise Noise);

/// <summary>
/// The distribution grid as a pure function of time. Powers in kW and kvar, voltages in kV (22 kV side) and V (230 V side).
/// Evaluating the whole network costs about one noise lookup per transformer, so a state is made per instant and shared.
/// </summary>
internal sealed class GridModel
{
    /// <summary>Loss of a feeder: 1.5 % of its load plus a part that grows with the square, 3 % in all at its rating.</summary>
    internal const double FeederLossShareLinear = 0.015;
    internal const double FeederLossShareSquare = 0.015;
    internal const double FeederReactiveShareSquare = 0.03;

    /// <summary>No-load and full-load loss of a 110/22 kV transformer, share of its rating; reactive likewise.</summary>
    internal const double SubstationNoLoadShare = 0.0006;
    internal const double SubstationLoadShare = 0.0037;
    internal const double SubstationMagnetisingShare = 0.004;
    internal const double SubstationReactanceShare = 0.105;

    private const double BusbarNominalKv = 22;
    private const double BusbarSetPoint = 1.025;
    private const double BusbarDrop = 0.02;
    private const double LowVoltageNominalV = 230;
    private const double LowVoltageSetPoint = 1.0;
    private const double FeederDrop = 0.03;
    private const double TransformerDrop = 0.035;

    private readonly TimeZoneInfo _zone;
    private readonly Weather _weather;
    private readonly DemandFile _demand;
    private readonly TransformerModel[] _transformers;
    private readonly int[] _substationOfFeeder;
    private readonly double[] _feederRatingKva;
    private readonly double[] _substationRatingKva;
    private readonly Noise[] _busbarNoise;
    private GridState? _latest;

    public GridModel(CityFolder folder, long seed)
    {
        var grid = folder.Grid;
        Folder = folder;
        _zone = TimeZoneInfo.FindSystemTimeZoneById(folder.City.Zone);
        _demand = folder.Simulation.Demand;
        _weather = new(folder.Simulation.Climate, Noise.For(seed, folder.City.Id + "/weather"));
        var network = new NetworkModel(grid);
        var substations = Index(grid.Substations.Select(substation => substation.Id));
        _substationOfFeeder = [.. grid.Feeders.Select(feeder => Resolve(substations, feeder.Substation, feeder.Id))];
        _feederRatingKva = [.. grid.Feeders.Select(feeder => feeder.RatingKva)];
        _substationRatingKva = [.. grid.Substations.Select(substation => substation.RatingKva)];
        _busbarNoise = [.. grid.Substations.Select(substation => Noise.For(seed, $"{folder.City.Id}/{substation.Id}"))];
        _transformers = [.. grid.Transformers.Select(file => MakeTransformer(file, folder.City.Id, network, seed))];
    }

    public CityFolder Folder { get; }

    /// <summary>The state at an instant, milliseconds since 1970. The last one is kept. Not thread-safe.</summary>
    public GridState At(long timeMs) => _latest is { } latest && latest.TimeMs == timeMs ? latest : _latest = Evaluate(timeMs);

    private GridState Evaluate(long timeMs)
    {
        var state = new GridState(timeMs, _transformers.Length, _feederRatingKva.Length, _substationRatingKva.Length);
        AddTransformers(state);
        AddFeeders(state);
        AddSubstations(state);
        SetVoltages(state);
        return state;
    }

    private void AddTransformers(GridState state)
    {
        var local = LocalTime.Of(state.TimeMs, _zone);
        state.TemperatureC = _weather.TemperatureC(state.TimeMs, local);
        var coolingDegrees = Math.Max(0, state.TemperatureC - _demand.CoolingBaseC);
        Span<double> shares = stackalloc double[CustomerClass.All.Count];
        for (var i = 0; i < shares.Length; i++)
        {
            var customers = CustomerClass.All[i];
            shares[i] = customers.ShareAt(local) * (1 + _demand.CoolingPercentPerC / 100 * customers.CoolingWeight * coolingDegrees);
        }
        for (var i = 0; i < _transformers.Length; i++)
        {
            var transformer = _transformers[i];
            var powerFactor = Math.Clamp(CustomerClass.All[transformer.Class].PowerFactor + 0.02 * transformer.Noise.At(state.TimeMs, 1_800_000, 8), 0.90, 0.98);
            var kw = transformer.RatingKva * transformer.PeakLoading * shares[transformer.Class] * (1 + 0.12 * transformer.Noise.Layered(state.TimeMs, 0));
            state.TransformerKw[i] = kw;
            state.TransformerKvar[i] = kw * Math.Sqrt(1 / (powerFactor * powerFactor) - 1);
            state.FeederKw[transformer.Feeder] += state.TransformerKw[i];
            state.FeederKvar[transformer.Feeder] += state.TransformerKvar[i];
        }
    }

    private void AddFeeders(GridState state)
    {
        for (var i = 0; i < _feederRatingKva.Length; i++)
        {
            var loading = Apparent(state.FeederKw[i], state.FeederKvar[i]) / _feederRatingKva[i];
            state.FeederLossKw[i] = FeederLossKw(state.FeederKw[i], loading);
            state.FeederKvar[i] += FeederReactiveShareSquare * loading * state.FeederKw[i];
            state.FeederKw[i] += state.FeederLossKw[i];
            state.SubstationKw[_substationOfFeeder[i]] += state.FeederKw[i];
            state.SubstationKvar[_substationOfFeeder[i]] += state.FeederKvar[i];
        }
    }

    /// <summary>Loss of a feeder that serves <paramref name="servedKw"/> at a loading (apparent power / rating) of 0 to 1.</summary>
    internal static double FeederLossKw(double servedKw, double loading) =>
        servedKw * (FeederLossShareLinear + FeederLossShareSquare * Math.Min(1, loading));

    private void AddSubstations(GridState state)
    {
        for (var i = 0; i < _substationRatingKva.Length; i++)
        {
            var rating = _substationRatingKva[i];
            var loading = Apparent(state.SubstationKw[i], state.SubstationKvar[i]) / rating;
            state.SubstationLossKw[i] = rating * (SubstationNoLoadShare + SubstationLoadShare * loading * loading);
            state.SubstationKvar[i] += rating * (SubstationMagnetisingShare + SubstationReactanceShare * loading * loading);
            state.SubstationKw[i] += state.SubstationLossKw[i];
            state.SubstationKv[i] = BusbarNominalKv * (BusbarSetPoint - BusbarDrop * loading + 0.003 * _busbarNoise[i].Layered(state.TimeMs, 0));
        }
    }

    private void SetVoltages(GridState state)
    {
        for (var i = 0; i < _feederRatingKva.Length; i++)
        {
            state.FeederKv[i] = state.SubstationKv[_substationOfFeeder[i]];
            state.FeederAmpere[i] = Apparent(state.FeederKw[i], state.FeederKvar[i]) / (Math.Sqrt(3) * state.FeederKv[i]);
        }
        for (var i = 0; i < _transformers.Length; i++)
        {
            var transformer = _transformers[i];
            var busbar = state.FeederKv[transformer.Feeder] / BusbarNominalKv;
            var feederLoading = Apparent(state.FeederKw[transformer.Feeder], state.FeederKvar[transformer.Feeder]) / _feederRatingKva[transformer.Feeder];
            var loading = Apparent(state.TransformerKw[i], state.TransformerKvar[i]) / transformer.RatingKva;
            state.TransformerV[i] = LowVoltageNominalV * LowVoltageSetPoint
                * (busbar - FeederDrop * transformer.DistanceShare * feederLoading - TransformerDrop * loading);
        }
    }

    private static double Apparent(double kw, double kvar) => Math.Sqrt(kw * kw + kvar * kvar);

    private static TransformerModel MakeTransformer(TransformerFile file, string city, NetworkModel network, long seed)
    {
        var noise = Noise.For(seed, $"{city}/{file.Id}");
        var spread = noise.Constant(0);
        // Most transformers peak between 35 and 55 % of their rating, a few come near it on a hot day.
        var peakLoading = 0.33 + 0.20 * spread + 0.25 * Math.Pow(noise.Constant(1), 6);
        var customers = CustomerClass.Of(file.Customers);
        return new(file.Id, file.RatingKva, network.FeederOf(network.NodeOf(file)), CustomerClass.All.ToList().IndexOf(customers), peakLoading, noise.Constant(2), noise);
    }

    private static Dictionary<string, int> Index(IEnumerable<string> ids) =>
        ids.Select((id, number) => (id, number)).ToDictionary(pair => pair.id, pair => pair.number, StringComparer.Ordinal);

    private static int Resolve(Dictionary<string, int> numbers, string id, string owner) =>
        numbers.TryGetValue(id, out var number) ? number : throw new InvalidDataException($"grid.json: {owner} refers to {id}, which is not there.");
}
