using System.Collections.Immutable;
using System.Text.Json;
using MekongTwin.Domain.Assets;

namespace MekongTwin.Host.Cities;

/// <summary>
/// The grid: <c>grid.json</c> and the files of the folder <c>grid</c>, in the order of their names, read as if they were one.
/// A feeder's id is also the node at its head; a transformer at a node belongs to the feeder that feeds it.
/// </summary>
internal sealed partial class CityFolder
{
    private static readonly string[] GridLists = ["conductors", "substations", "feeders", "nodes", "lines", "transformers"];

    private static readonly string[] CustomerClasses = [.. Enum.GetNames<CustomerClass>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    private readonly Dictionary<string, int> _conductorNumbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _nodeNumbers = new(StringComparer.Ordinal);
    private readonly List<(NetworkLine Line, PlacedJson At)> _lines = [];
    private readonly Dictionary<int, int> _nodeOfTransformer = [];
    private readonly Dictionary<int, ImmutableArray<int>> _customersOfTransformer = [];
    private readonly Dictionary<int, double> _kvOfFeeder = [];
    private NetworkTrace? _trace;

    private void ReadGrid(string country)
    {
        var grids = GridFiles().Select(name => Load(name, required: false, AssetKind.Substation, AssetKind.Feeder, AssetKind.Transformer)).OfType<PlacedJson>().Select(json => new Fields(json, _errors)).ToList();
        foreach (var grid in grids) RefuseUnknown(grid, GridLists, AssetKind.Substation, AssetKind.Feeder, AssetKind.Transformer);
        foreach (var item in grids.SelectMany(grid => Items(grid, "substations", AssetKind.Substation))) ReadSubstation(new(item, _errors));
        foreach (var item in grids.SelectMany(grid => Items(grid, "feeders", AssetKind.Feeder))) ReadFeeder(new(item, _errors), country);
        var network = ReadNetwork(grids);
        foreach (var item in grids.SelectMany(grid => Items(grid, "transformers", AssetKind.Transformer))) ReadTransformer(new(item, _errors), network);
        if (network is not null) _networks.Add(network with { NodeOfTransformer = _nodeOfTransformer.ToImmutableDictionary(), CustomersOfTransformer = _customersOfTransformer.ToImmutableDictionary() });
    }

    private IEnumerable<string> GridFiles()
    {
        var folder = Path.Combine(_directory, "grid");
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [];
        return files.Select(path => Path.Combine("grid", Path.GetFileName(path))).Order(StringComparer.Ordinal).Prepend("grid.json");
    }

    private void ReadSubstation(Fields fields)
    {
        var ratingKva = 0.0;
        AddPlaced(fields, AssetKind.Substation, asset => asset with { RatingKva = ratingKva = fields.Number("ratingKva", 1, 10_000_000), Customers = Customers(fields).Sum() });
        InDistrict(fields, new(0, default, default, ""));
        var transformers = fields.List("transformersKva");
        var sum = transformers.Sum(transformer => transformer.Number);
        if (transformers.Count > 0 && Math.Abs(sum - ratingKva) > RoundingMax * ratingKva) _errors.Add(fields.Find("transformersKva")!, FormattableString.Invariant($"these add up to {sum}, but ratingKva is {ratingKva}"));
        fields.RefuseUnknown("note", "assumed");
    }

    private void ReadFeeder(Fields fields, string country)
    {
        var before = _assets.Count;
        AddPlaced(fields, AssetKind.Feeder, asset => asset with
        {
            RatingKva = fields.Number("ratingKva", 1, 1_000_000),
            ElectricalParent = Reference(fields, "substation", AssetKind.Substation),
        });
        var kv = fields.OptionalNumber("kv", 1, 40);
        fields.RefuseUnknown("note", "assumed");
        if (kv is not { } voltage) return;
        if (_assets.Count > before) _kvOfFeeder[before] = voltage;
        GridPlausibility.CheckFeeder(fields, country, voltage, _errors);
    }

    private void ReadTransformer(Fields fields, Network? network)
    {
        var node = fields.Find("node") is null ? -1 : NodeReference(fields, "node", network is not null);
        var before = _assets.Count;
        var customers = Customers(fields);
        AddPlaced(fields, AssetKind.Transformer, asset =>
        {
            asset = InDistrict(fields, asset with
            {
                RatingKva = fields.Number("ratingKva", 1, 1_000_000),
                Customers = customers.Sum(),
                ElectricalParent = fields.Find("node") is null ? Reference(fields, "feeder", AssetKind.Feeder) : FeederAt(fields, node),
            });
            GridPlausibility.CheckTransformer(fields, asset, _errors);
            return asset;
        });
        fields.RefuseUnknown("note", "assumed");
        if (node < 0 || network is null || _assets.Count == before) return;
        var added = _assets[before];
        _nodeOfTransformer[before] = node;
        if (customers.Length > 1) _customersOfTransformer[before] = customers;
        // Without a place of its own it stands at its node.
        if (added.Longitude is null && added.Latitude is null) _assets[before] = added with { Longitude = network.Nodes[node].Longitude, Latitude = network.Nodes[node].Latitude };
    }

    /// <summary>The feeder that feeds a transformer's node; a feeder that is named beside it must be that one.</summary>
    private int FeederAt(Fields fields, int node)
    {
        var named = fields.Find("feeder") is null ? -1 : Reference(fields, "feeder", AssetKind.Feeder);
        if (node < 0 || _trace is not { } trace) return named;
        var feeder = trace.FeederOfNode[node];
        if (feeder < 0) _errors.Add(fields.Find("node")!, $"no feeder feeds '{fields.Text("node")}' with the switches as they normally stand; a line to it is missing, or its switch is open");
        else if (named >= 0 && named != feeder) _errors.Add(fields.Find("feeder")!, $"'{fields.Text("feeder")}', but {_assets[feeder].Id.Path[(_city.Length + 1)..]} feeds '{fields.Text("node")}'; leave the feeder out, or correct one of the two");
        return feeder;
    }

    /// <summary>One number, or as many as there are classes of customers.</summary>
    private ImmutableArray<int> Customers(Fields fields)
    {
        if (fields.Find("customers") is not { Kind: JsonValueKind.Object } counts) return [(int)fields.Number("customers", 0, 1_000_000, 0)];
        var byClass = new Fields(counts, _errors);
        ImmutableArray<int> numbers = [.. CustomerClasses.Select(name => (int)byClass.Number(name, 0, 1_000_000, 0))];
        byClass.RefuseUnknown();
        return numbers;
    }
}
