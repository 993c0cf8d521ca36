using System.Collections.Immutable;
using MekongTwin.Scenarios.Levers;

namespace MekongTwin.Scenarios.Studies;

/// <summary>A bus or a branch of a study as people know it.</summary>
/// <param name="Name">Line id, node id, asset path of a transformer, or the lever that adds it.</param>
/// <param name="Kind">line, transformer or node.</param>
/// <param name="Position">Longitude and latitude, two of a line; empty where they are not known.</param>
public sealed record StudyElement(string Name, string Kind, ImmutableArray<(double Longitude, double Latitude)> Position)
{
    /// <summary>Whether it is a line both of whose ends are known.</summary>
    public bool HasLine => Kind == "line" && Position.Length == 2;
}

/// <summary>All of them by the numbers of the scenario's network: those of the city, then those that levers add.</summary>
internal sealed class StudyElements
{
    private readonly CityElements city;
    private readonly string[] addedHeads;

    public StudyElements(CityElements city, ScenarioGrid grid)
    {
        this.city = city;
        var (nodes, lines) = (city.Grid.City.Nodes, city.Grid.City.Lines);
        StudyElement[] transformers = [.. Enumerable.Range(0, city.Transformers.Length).Select(Transformer)];
        StudyElement[] added = [.. grid.Added.Select(addition => new StudyElement($"levers[{addition.Lever}].{(addition.IsLine ? "newFeeder" : "newLoad")}", addition.IsLine ? "line" : "transformer", PositionOf(addition.Node)))];
        addedHeads = [.. added.Where(static addition => addition.Kind == "line").Select(static addition => addition.Name)];
        Branches = [.. lines.Select(line => new StudyElement(line.Id, "line", [.. PositionOf(line.From), .. PositionOf(line.To)])), .. transformers, .. added];
        Buses = [.. nodes.Select((node, i) => new StudyElement(node.Id, "node", PositionOf(i))), .. transformers, .. added];
    }

    public StudyElement[] Branches { get; }

    /// <summary>A transformer's is its low-voltage side.</summary>
    public StudyElement[] Buses { get; }

    /// <summary>Asset path of a feeder by its position, or the head that a lever adds; they stand after the city's.</summary>
    public string FeederName(int feeder) => feeder < city.Feeders.Length ? city.Feeders[feeder].Id.Path : $"{addedHeads[feeder - city.Feeders.Length]}.head";

    private StudyElement Transformer(int t)
    {
        var asset = city.Transformers[t];
        return new(asset.Id.Path, "transformer", CityElements.PositionOf(asset) is { } position ? [position] : PositionOf(city.Grid.City.NodeOfTransformer[city.Grid.Transformers[t]]));
    }

    private ImmutableArray<(double Longitude, double Latitude)> PositionOf(int node) => city.NodePositions[node] is { } position ? [position] : [];
}
