using MekongTwin.Domain.Assets;
using MekongTwin.Engines.PowerFlow.Import.Cities;

namespace MekongTwin.Scenarios.Levers;

/// <summary>The elements of a city's grid by the ids that people use: paths of assets, with or without the city; ids of lines.</summary>
public sealed class CityElements
{
    private readonly Dictionary<string, int> nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> lines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> transformers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> feeders = new(StringComparer.Ordinal);
    private readonly string city;

    /// <param name="grid">The grid.</param>
    /// <param name="assets">The asset of a number that the grid uses.</param>
    /// <param name="substationOf">The substation of a feeder, whose head stands there; null where it is not known.</param>
    public CityElements(CityGrid grid, Func<int, Asset> assets, Func<Asset, Asset?>? substationOf = null)
    {
        (Grid, city) = (grid, grid.City.City);
        for (var node = 0; node < grid.City.Nodes.Length; node++) nodes[grid.City.Nodes[node].Id] = node;
        for (var line = 0; line < grid.City.Lines.Length; line++) lines[grid.City.Lines[line].Id] = line;
        for (var t = 0; t < grid.Transformers.Length; t++) transformers[assets(grid.Transformers[t]).Id.Path] = t;
        for (var f = 0; f < grid.Feeders.Length; f++) feeders[assets(grid.Feeders[f]).Id.Path] = f;
        Names = [.. grid.City.Lines.Select(static line => line.Id), .. grid.Transformers.Select(t => assets(t).Id.Path)];
        Transformers = [.. grid.Transformers.Select(assets)];
        Feeders = [.. grid.Feeders.Select(assets)];
        Customers = [.. grid.Transformers.Select(t => grid.City.CustomersOf(assets(t) with { Number = t }).Sum())];
        NodePositions = [.. grid.City.Nodes.Select(node => node is { Longitude: { } longitude, Latitude: { } latitude } ? (longitude, latitude) : node.Head >= 0 ? PositionOf(substationOf?.Invoke(assets(node.Head))) : null)];
    }

    public CityGrid Grid { get; }

    /// <summary>Id of each branch: lines, then transformers.</summary>
    public string[] Names { get; }

    /// <summary>Longitude and latitude of each node; null where its place is not known.</summary>
    public (double Longitude, double Latitude)?[] NodePositions { get; }

    /// <summary>The asset of each transformer, by its position.</summary>
    public Asset[] Transformers { get; }

    /// <summary>The asset of each feeder, by its position.</summary>
    public Asset[] Feeders { get; }

    /// <summary>Customers of each transformer, by its position.</summary>
    public int[] Customers { get; }

    public static (double Longitude, double Latitude)? PositionOf(Asset? asset) => asset is { Longitude: { } longitude, Latitude: { } latitude } ? (longitude, latitude) : null;

    public int Line(string id, string field) => lines.TryGetValue(id, out var line) ? line : throw Unknown(field, id, "line", lines.Keys);

    public int Transformer(string id, string field) => Find(transformers, id) is var t and >= 0 ? t : throw Unknown(field, id, "transformer", transformers.Keys);

    /// <summary>A node of the medium voltage by its id, or that at which a transformer stands.</summary>
    public int Node(string id, string field) => nodes.TryGetValue(id, out var node) ? node
        : Find(transformers, id) is var t and >= 0 ? Grid.City.NodeOfTransformer[Grid.Transformers[t]] : throw Unknown(field, id, "node or transformer", nodes.Keys.Concat(transformers.Keys));

    /// <summary>The transformers that an asset is or has below it, a district or a feeder; all of the city for null.</summary>
    public int[] TransformersBelow(string? asset, string field)
    {
        int[] all = [.. Enumerable.Range(0, Transformers.Length)];
        if (asset is null) return all;
        var path = asset.StartsWith(city, StringComparison.Ordinal) ? asset : $"{city}/{asset}";
        var feeder = Find(feeders, path);
        int[] below = [.. all.Where(t => Transformers[t].Id.IsIn(path) || (feeder >= 0 && Grid.FeederOfBus[Grid.BusOf(t)] == feeder))];
        return below.Length > 0 ? below : throw new ScenarioException(field, $"'{asset}' has no transformers below it; name a district or a feeder, for example {Feeders.FirstOrDefault()?.Id.Path}");
    }

    public int Feeder(string id, string field) => Find(feeders, id) is var f and >= 0 ? f : throw Unknown(field, id, "feeder", feeders.Keys);

    /// <summary>Branch of a line or a transformer; of a feeder the line that leaves its head.</summary>
    public int Branch(string id, string field)
    {
        if (lines.TryGetValue(id, out var line)) return line;
        if (Find(transformers, id) is var t and >= 0) return Grid.BranchOf(t);
        if (Find(feeders, id) is var f and >= 0)
        {
            var head = Grid.Heads[f];
            var leaving = Enumerable.Range(0, Grid.City.Lines.Length).Where(k => Grid.City.Lines[k].Switch != NormalState.Open && (Grid.City.Lines[k].From == head || Grid.City.Lines[k].To == head)).ToList();
            return leaving is [var only] ? only : throw new ScenarioException(field, $"'{id}' leaves its busbar over {leaving.Count} lines ({string.Join(", ", leaving.Select(k => Grid.City.Lines[k].Id))}); name one of them");
        }
        throw Unknown(field, id, "line, transformer or feeder", lines.Keys.Concat(transformers.Keys).Concat(feeders.Keys));
    }

    private int Find(Dictionary<string, int> known, string id) => known.TryGetValue(id, out var position) || known.TryGetValue($"{city}/{id}", out position) ? position : -1;

    private static ScenarioException Unknown(string field, string id, string what, IEnumerable<string> known)
    {
        var near = known.Where(name => name.Contains(id, StringComparison.OrdinalIgnoreCase)).Take(3).DefaultIfEmpty(known.FirstOrDefault() ?? "none").ToList();
        return new(field, $"the city has no {what} '{id}'; there are, for example, {string.Join(", ", near)}");
    }
}
