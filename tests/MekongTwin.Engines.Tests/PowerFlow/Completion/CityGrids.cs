using System.Collections.Immutable;
using MekongTwin.Domain.Assets;
using MekongTwin.Engines.PowerFlow.Import.Cities;

namespace MekongTwin.Engines.Tests.PowerFlow.Completion;

/// <summary>Cities of radial feeders from a seed, much like the pilot's: trunks of nine nodes in the middle, two spurs to a trunk node,
/// a transformer a node, 160 to 630 kVA, most of them for households, and an open tie from each feeder to the next.</summary>
internal static class CityGrids
{
    public static CityGrid Of(int seed, int feeders, int transformersAFeeder, CityGridOptions? options = null)
    {
        var (network, assets) = Describe(seed, feeders, transformersAFeeder);
        return CityGrid.Of(network, assets, options);
    }

    public static (Network Network, ImmutableArray<Asset> Assets) Describe(int seed, int feeders, int transformersAFeeder)
    {
        var random = new Random(seed);
        var assets = ImmutableArray.CreateBuilder<Asset>();
        for (var f = 0; f < feeders; f++) assets.Add(new(f, new($"city/fdr/{f}"), AssetKind.Feeder, $"{f}") { RatingKva = 16_000 });
        var nodes = ImmutableArray.CreateBuilder<NetworkNode>();
        for (var f = 0; f < feeders; f++) nodes.Add(new($"fdr/{f}") { Head = f, NominalKv = 22 });
        var lines = ImmutableArray.CreateBuilder<NetworkLine>();
        var (nodeOf, customersOf) = (new Dictionary<int, int>(), new Dictionary<int, ImmutableArray<int>>());
        var trunk = Math.Max(1, transformersAFeeder / 3);
        for (var f = 0; f < feeders; f++)
        {
            var first = nodes.Count;
            for (var n = 0; n < transformersAFeeder; n++)
            {
                var from = n == 0 ? f : n < trunk ? first + n - 1 : first + random.Next(trunk);
                lines.Add(new($"ln/{f}/{n}", from, first + n, 0.2 + (0.5 * random.NextDouble()), n < trunk ? 0 : 1, NormalState.None));
                nodes.Add(new($"{f}/{n}"));
                var rating = (ReadOnlySpan<double>)[160, 250, 400, 630] is var ratings ? ratings[random.Next(4)] : 0;
                var number = assets.Count;
                assets.Add(new(number, new($"city/tx/{f}-{n}"), AssetKind.Transformer, $"{n}") { RatingKva = rating, ElectricalParent = f });
                nodeOf[number] = first + n;
                customersOf[number] = random.Next(6) == 0 ? [0, 0, 0, 1, 0, 0] : [(int)(rating * 0.4), (int)(rating * 0.04), 0, 0, 1, 0];
            }
        }
        for (var f = 0; f + 1 < feeders; f++) lines.Add(new($"tie/{f}", feeders + (f * transformersAFeeder) + trunk - 1, feeders + ((f + 1) * transformersAFeeder) + trunk - 1, 0.1, 0, NormalState.Open));
        var network = new Network("city", [new("main", 0.125, 0.103, 400), new("branch", 0.3, 0.39, 300)], nodes.ToImmutable(), lines.ToImmutable())
        {
            NodeOfTransformer = nodeOf.ToImmutableDictionary(),
            CustomersOfTransformer = customersOf.ToImmutableDictionary(),
        };
        return (network, assets.ToImmutable());
    }
}
