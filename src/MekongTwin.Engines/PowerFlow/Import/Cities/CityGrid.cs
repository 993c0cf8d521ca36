using System.Collections.Immutable;
using System.Globalization;
using MekongTwin.Domain.Assets;
using CityNetwork = MekongTwin.Domain.Assets.Network;

namespace MekongTwin.Engines.PowerFlow.Import.Cities;

/// <summary>What a city's grid is solved with where nothing is measured.</summary>
public sealed record CityGridOptions
{
    /// <summary>Load of every transformer, share of its rated apparent power.</summary>
    public double Loading { get; init; } = 0.5;

    public double PowerFactor { get; init; } = 0.95;

    /// <summary>Voltage held at every feeder's head, pu.</summary>
    public double HeadVm { get; init; } = 1;
}

/// <summary>
/// A city's own network for the solvers, on 1 MVA. Buses are its nodes by their numbers, then the low-voltage side of each
/// transformer; branches its lines by their numbers, then the transformers. Every feeder's head is a source; lines whose switch
/// normally stands open are out of service. Ratings limit current.
/// </summary>
public sealed class CityGrid
{
    public const double BaseMva = 1;

    /// <summary>Taken where a feeder does not state its voltage: that of most of the Mekong cities, kV.</summary>
    public const double OtherwiseKv = 22;

    private CityGrid(CityNetwork city, PowerFlow.Network network, ImmutableArray<int> transformers, ImmutableArray<int> feeders, ImmutableArray<int> feederOfBus) =>
        (City, Network, Transformers, Feeders, FeederOfBus, Heads) = (city, network, transformers, feeders, feederOfBus, [.. Enumerable.Range(0, city.Nodes.Length).Where(node => city.Nodes[node].Head >= 0)]);

    public CityNetwork City { get; }

    public PowerFlow.Network Network { get; }

    /// <summary>Numbers of the assets of the transformers that stand at a node, ascending.</summary>
    public ImmutableArray<int> Transformers { get; }

    /// <summary>Numbers of the assets of the feeders, in the order of their heads, which is that of the sources.</summary>
    public ImmutableArray<int> Feeders { get; }

    /// <summary>Position in <see cref="Feeders"/> of the feeder that feeds each bus; −1 for none.</summary>
    public ImmutableArray<int> FeederOfBus { get; }

    /// <summary>Bus of each feeder's head, ascending.</summary>
    public ImmutableArray<int> Heads { get; }

    /// <summary>Bus of the low-voltage side of a transformer, by its position in <see cref="Transformers"/>.</summary>
    public int BusOf(int transformer) => City.Nodes.Length + transformer;

    /// <summary>Branch of a transformer, by its position in <see cref="Transformers"/>.</summary>
    public int BranchOf(int transformer) => City.Lines.Length + transformer;

    /// <param name="city">The network as the folder describes it.</param>
    /// <param name="assets">The assets that its numbers mean: transformers have their ratings from here.</param>
    /// <param name="options">What is not measured.</param>
    /// <param name="notes">Takes what was assumed.</param>
    /// <exception cref="NetworkException">It is no network that can be solved.</exception>
    public static CityGrid Of(CityNetwork city, ImmutableArray<Asset> assets, CityGridOptions? options = null, List<string>? notes = null)
    {
        options ??= new();
        ImmutableArray<int> transformers = [.. city.NodeOfTransformer.Keys.Order()];
        var trace = city.Trace();
        var kvOfFeeder = city.Nodes.Where(static node => node.Head >= 0).ToDictionary(static node => node.Head, static node => node.NominalKv ?? OtherwiseKv);
        foreach (var head in city.Nodes.Where(static node => node.Head >= 0 && node.NominalKv is null)) notes?.Add(string.Create(CultureInfo.InvariantCulture, $"{head.Id}: 'kv' is not stated; {OtherwiseKv} kV is taken"));
        var buses = new Buses(city.Nodes.Length + transformers.Length);
        var loads = new Loads(buses.Count);
        var branches = new Branches(city.Lines.Length + transformers.Length);
        for (var i = 0; i < buses.Count; i++) buses.Number[i] = i + 1;
        double KvAt(int node) => kvOfFeeder.GetValueOrDefault(trace.FeederOfNode[node], OtherwiseKv);
        for (var node = 0; node < city.Nodes.Length; node++)
        {
            buses.NominalKv[node] = KvAt(node);
            if (city.Nodes[node].Head < 0) continue;
            (buses.Type[node], buses.StartVm[node]) = (BusType.Slack, options.HeadVm);
        }
        for (var line = 0; line < city.Lines.Length; line++)
        {
            var (from, to) = (city.Lines[line].From, city.Lines[line].To);
            PlaceLine(branches, line, from, to, city.Conductors[city.Lines[line].Conductor], city.Lines[line].LengthKm, Math.Max(KvAt(from), KvAt(to)));
            branches.InService[line] = city.Lines[line].Switch != NormalState.Open;
        }
        for (var t = 0; t < transformers.Length; t++)
        {
            var (bus, ratingMva) = (city.Nodes.Length + t, assets[transformers[t]].RatingKva / 1000);
            loads.PowerP[bus] = options.Loading * options.PowerFactor * ratingMva / BaseMva;
            loads.PowerQ[bus] = options.Loading * Math.Sqrt(1 - (options.PowerFactor * options.PowerFactor)) * ratingMva / BaseMva;
            PlaceTransformer(buses, branches, city.Lines.Length + t, city.NodeOfTransformer[transformers[t]], bus, ratingMva / BaseMva);
        }
        var network = new PowerFlow.Network(BaseMva, buses, loads, branches, new Generators(0), LoadingBy.Current);
        ImmutableArray<int> feeders = [.. city.Nodes.Where(static node => node.Head >= 0).Select(static node => node.Head)];
        var position = feeders.Select(static (feeder, i) => (feeder, i)).ToDictionary(static pair => pair.feeder, static pair => pair.i);
        var feederOfNode = trace.FeederOfNode.Select(feeder => position.GetValueOrDefault(feeder, -1));
        return new(city, network, transformers, feeders, [.. feederOfNode, .. transformers.Select(t => position.GetValueOrDefault(trace.FeederOfNode[city.NodeOfTransformer[t]], -1))]);
    }

    /// <summary>Makes a branch a line of some conductor between two nodes.</summary>
    public static void PlaceLine(Branches branches, int k, int from, int to, Conductor conductor, double lengthKm, double kv)
    {
        var ohmPu = BaseMva / (kv * kv) * lengthKm;
        (branches.From[k], branches.To[k]) = (from, to);
        (branches.R[k], branches.X[k]) = (conductor.ROhmPerKm * ohmPu, conductor.XOhmPerKm * ohmPu);
        branches.RatingFrom[k] = branches.RatingTo[k] = Math.Sqrt(3) * kv * conductor.RatingA / 1000 / BaseMva;
    }

    /// <summary>Makes a branch a transformer from a node to a bus at low voltage, by its rating, pu.</summary>
    public static void PlaceTransformer(Buses buses, Branches branches, int k, int node, int bus, double ratingPu)
    {
        buses.NominalKv[bus] = TransformerType.LowKv;
        (branches.From[k], branches.To[k]) = (node, bus);
        (branches.R[k], branches.X[k]) = (TransformerType.R / ratingPu, TransformerType.X / ratingPu);
        (branches.G[k], branches.B[k]) = (TransformerType.NoLoadLoss * ratingPu, -TransformerType.MagnetisingCurrent * ratingPu);
        branches.RatingFrom[k] = branches.RatingTo[k] = ratingPu;
    }
}
