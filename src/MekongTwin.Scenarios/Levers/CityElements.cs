using MekongTwin.Domain.Assets;
using MekongTwin.Engines.PowerFlow.Import.Cities;

namespace MekongTwin.Scenarios.Levers;

/// <summary>The elements of a city's grid by the ids that people use: paths of assets, with or without the city; ids of lines.</summary>
public sealed class CityElements
{
    private readonly Dictionary<string, int> lines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> transformers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> feeders = new(StringComparer.Ordinal);
    private readonly string city;

    public CityElements(CityGrid grid, Func<int, Asset> assets)
    {
        (Grid, city) = (grid, grid.City.City);
        for (var line = 0; line < grid.City.Lines.Length; line++) lines[grid.City.Lines[line].Id] = line;
        for (var t = 0; t < grid.Transformers.Length; t++) transformers[assets(grid.Transformers[t]).Id.Path] = t;
        for (var f = 0; f < grid.Feeders.Length; f++) feeders[assets(grid.Feeders[f]).Id.Path] = f;
        Names = [.. grid.City.Lines.Select(static line => line.Id), .. grid.Transformers.Select(t => assets(t).Id.Path)];
        Transformers = [.. grid.Transformers.Select(assets)];
        Feeders = [.. grid.Feeders.Select(assets)];
        Customers = [.. grid.Transformers.Select(t => grid.City.CustomersOf(assets(t) with { Number = t }).Sum())];
    }

    public CityGrid Grid { get; }

    /// <summary>Id of each branch: lines, then transformers.</summary>
    public string[] Names { get; }

    /// <summary>The asset of each transformer, by its position.</summary>
    public Asset[] Transformers { get; }

    /// <summary>The asset of each feeder, by its position.</summary>
    public Asset[] Feeders { get; }

    /// <summary>Customers of each transformer, by its position.</summary>
    public int[] Customers { get; }

    /// <summary>Id of a bus: a node, or a transformer for its low-voltage side.</summary>
    public string BusName(int bus) => bus < Grid.City.Nodes.Length ? Grid.City.Nodes[bus].Id : Names[Grid.City.Lines.Length + bus - Grid.City.Nodes.Length];

    public int Line(string id, string field) => lines.TryGetValue(id, out var line) ? line : throw Unknown(field, id, "line", lines.Keys);

    public int Transformer(string id, string field) => Find(transformers, id) is var t and >= 0 ? t : throw Unknown(field, id, "transformer", transformers.Keys);

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
