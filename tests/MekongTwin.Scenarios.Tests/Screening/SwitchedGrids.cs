using System.Collections.Immutable;
using MekongTwin.Domain.Assets;
using MekongTwin.Engines.PowerFlow.Import.Cities;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Tests.Screening;

/// <summary>Small grids with switches from a seed: two or three feeders of three to five nodes, a spur here and there, a switch on
/// every other line, ties between feeders and now and then within one, conductors that are tight.</summary>
internal static class SwitchedGrids
{
    public static CityElements Of(int seed)
    {
        var (network, assets) = Describe(seed);
        return new(CityGrid.Of(network, assets), number => assets[number]);
    }

    public static (Network Network, ImmutableArray<Asset> Assets) Describe(int seed)
    {
        var random = new Random(seed);
        var assets = ImmutableArray.CreateBuilder<Asset>();
        var nodes = ImmutableArray.CreateBuilder<NetworkNode>();
        var lines = ImmutableArray.CreateBuilder<NetworkLine>();
        var (nodeOf, customersOf) = (new Dictionary<int, int>(), new Dictionary<int, ImmutableArray<int>>());
        var feeders = 2 + random.Next(2);
        for (var f = 0; f < feeders; f++)
        {
            assets.Add(new(f, new($"city/fdr/{f}"), AssetKind.Feeder, $"{f}") { RatingKva = 4000 });
            nodes.Add(new($"fdr/{f}") { Head = f, NominalKv = 22 });
        }
        var members = new List<int>[feeders];
        for (var f = 0; f < feeders; f++)
        {
            members[f] = [];
            var count = 3 + random.Next(5 - feeders);
            for (var n = 0; n < count; n++)
            {
                var from = n == 0 ? f : random.Next(4) == 0 ? members[f][random.Next(n)] : members[f][^1];
                lines.Add(new($"ln/{f}/{n}", from, nodes.Count, 0.5 + random.NextDouble(), random.Next(2), n > 0 && random.Next(2) == 0 ? NormalState.Closed : NormalState.None));
                members[f].Add(nodes.Count);
                var number = assets.Count;
                assets.Add(new(number, new($"city/tx/{f}-{n}"), AssetKind.Transformer, $"{n}") { RatingKva = 630, ElectricalParent = f });
                (nodeOf[number], customersOf[number]) = (nodes.Count, [50 + random.Next(100), 3, 0, 0, 1, 0]);
                nodes.Add(new($"{f}/{n}"));
            }
        }
        for (var tie = 0; tie < feeders + 1; tie++)
        {
            var a = tie % feeders;
            var b = random.Next(5) == 0 ? a : (a + 1) % feeders;
            var (from, to) = (members[a][random.Next(members[a].Count)], members[b][random.Next(members[b].Count)]);
            if (from != to) lines.Add(new($"tie/{tie}", from, to, 0.2, 0, NormalState.Open));
        }
        var network = new Network("city", [new("main", 0.125, 0.103, 45 + random.Next(30)), new("branch", 0.3, 0.39, 40 + random.Next(30))], nodes.ToImmutable(), lines.ToImmutable())
        {
            NodeOfTransformer = nodeOf.ToImmutableDictionary(),
            CustomersOfTransformer = customersOf.ToImmutableDictionary(),
        };
        return (network, assets.ToImmutable());
    }

    /// <summary>A day of four quarters with a load each: 0.3 to 1 of the rating times how far the quarter is up.</summary>
    public static StudiedDay Day(CityElements elements, int seed)
    {
        var random = new Random(seed);
        var buses = elements.Grid.Network.Buses.Count;
        var (p, q) = (new double[IFutureLoads.Steps * buses], new double[IFutureLoads.Steps * buses]);
        double[] level = [0.5, 0.8, 1, 0.7];
        for (var t = 0; t < elements.Transformers.Length; t++)
        {
            var share = 0.3 + (0.7 * random.NextDouble());
            for (var step = 0; step < IFutureLoads.Steps; step++)
            {
                var load = share * level[step / (IFutureLoads.Steps / 4)] * elements.Transformers[t].RatingKva / 1000;
                (p[(step * buses) + elements.Grid.BusOf(t)], q[(step * buses) + elements.Grid.BusOf(t)]) = (load, 0.3 * load);
            }
        }
        return new(0, 0, 1, p, q);
    }
}
