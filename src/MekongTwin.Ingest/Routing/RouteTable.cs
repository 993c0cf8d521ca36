using System.Text;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Ingest.Routing;

/// <summary>Where a topic leads.</summary>
internal enum RouteKind : byte
{
    /// <summary>One of the twin's own output topics, or a broker's: nothing is taken in there.</summary>
    NotServed,

    /// <summary>A point's own topic.</summary>
    Point,

    /// <summary>SenML packs of a device that stands for an asset.</summary>
    Senml,

    /// <summary>SenML packs of a device nobody mapped: records with full names may still be known.</summary>
    SenmlUnmapped,

    /// <summary>No point yet: quarantine.</summary>
    Unknown,
}

/// <summary>A route: the point or the asset it leads to, and the city whose zone times without an offset take (-1: none).</summary>
internal readonly record struct RouteTarget(RouteKind Kind, int Number, int City);

/// <summary>
/// Everything admission needs of one model: topics and names to points by their bytes, 13 ns a look-up. A point's own name is kept
/// once: its topic is the same behind <c>mt/v1/</c>, its asset's points are looked through. Immutable; a new model makes a new table.
/// </summary>
internal sealed class RouteTable
{
    private readonly Model _model;
    private readonly Dictionary<string, int> _cities;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _cityLookup;

    /// <summary>What was mapped: names, then devices' topics.</summary>
    private readonly KeyIndex _mapped;

    /// <summary>Points' own names, by number.</summary>
    private readonly KeyIndex _points;

    /// <summary>By handle: fixed ones, then what is mapped. Points' own names follow.</summary>
    private readonly List<RouteTarget> _targets;

    /// <summary>Handle of the first mapped one.</summary>
    private readonly int _firstMapped;

    public RouteTable(Model model, int version)
    {
        (_model, Version) = (model, version);
        Calendars = [.. model.Cities.Select(city => city.MakeCalendar())];
        KeepUs = [.. model.Cities.Select(city => city.KeepReadingsDays * Instant.Day)];
        _cities = model.Cities.Select((city, number) => (city.Id, number)).ToDictionary(pair => pair.Id, pair => pair.number, StringComparer.Ordinal);
        _cityLookup = _cities.GetAlternateLookup<ReadOnlySpan<char>>();
        // Fixed targets first: 0 none, 1 not served, then unknown and unmapped for no city and for every city.
        _targets = [default, new(RouteKind.NotServed, -1, -1)];
        for (var city = -1; city < model.Cities.Length; city++)
        {
            _targets.Add(new(RouteKind.Unknown, -1, city));
            _targets.Add(new(RouteKind.SenmlUnmapped, -1, city));
        }
        _firstMapped = _targets.Count;
        _mapped = IndexMapped(model, _targets);
        _points = IndexPoints(model);
    }

    public int Version { get; }

    /// <summary>A point by its number.</summary>
    public Point Point(int number) => _model.Points[number];

    /// <summary>Number of the city that a point belongs to.</summary>
    public int CityOf(Point point) => _model.CityNumberOf(point.Asset);

    /// <summary>By city number.</summary>
    public CityCalendar[] Calendars { get; }

    /// <summary>How long readings are kept, by city number; null where the city does not say.</summary>
    public long?[] KeepUs { get; }

    public RouteTarget this[Route route] => route.Handle < _targets.Count ? _targets[route.Handle] : TargetOf(_model.Points[route.Handle - _targets.Count]);

    private static ReadOnlySpan<byte> TopicPrefix => "mt/v1/"u8;

    /// <summary>The route of a topic; there always is one.</summary>
    public Route Resolve(ReadOnlySpan<byte> topic)
    {
        var handle = Find(topic);
        return new(handle != 0 ? handle : Classify(topic));
    }

    /// <summary>The point with this full name or topic, or -1.</summary>
    public int FindPoint(ReadOnlySpan<byte> name) => this[new(Find(name))] is { Kind: RouteKind.Point, Number: var number } ? number : -1;

    /// <summary>The asset's point of this metric, or -1.</summary>
    public int FindPoint(int asset, ReadOnlySpan<byte> metric)
    {
        foreach (var number in _model.PointsOf(asset)) if (Ascii.Equals(metric, _model.Points[number].Metric)) return number;
        return -1;
    }

    /// <summary>The handle of a topic or name that is known, or 0. What a person mapped wins over a name that follows from the model.</summary>
    private int Find(ReadOnlySpan<byte> key)
    {
        if (_mapped.Find(key) is >= 0 and var mapped) return _firstMapped + mapped;
        var point = key.StartsWith(TopicPrefix) ? _points.Find(key[TopicPrefix.Length..]) : -1;
        if (point < 0) point = _points.Find(key);
        return point < 0 ? 0 : _targets.Count + point;
    }

    private int Classify(ReadOnlySpan<byte> topic)
    {
        if (topic.StartsWith("$"u8) || topic.StartsWith("mt/v1/live/"u8) || topic.StartsWith("mt/v1/alarms/"u8)) return 1;
        if (!topic.StartsWith(TopicPrefix)) return FixedHandle(-1, senml: false);
        var rest = topic[TopicPrefix.Length..];
        var slash = rest.IndexOf((byte)'/');
        Span<char> text = stackalloc char[64];
        var city = -1;
        if (slash is > 0 and <= 64 && Encoding.UTF8.TryGetChars(rest[..slash], text, out var length) && _cityLookup.TryGetValue(text[..length], out var number)) city = number;
        return FixedHandle(city, slash > 0 && rest[(slash + 1)..].StartsWith("senml/"u8));
    }

    private static int FixedHandle(int city, bool senml) => 2 + (city + 1) * 2 + (senml ? 1 : 0);

    private RouteTarget TargetOf(Point point) => new(RouteKind.Point, point.Number, CityOf(point));

    private KeyIndex IndexMapped(Model model, List<RouteTarget> targets)
    {
        List<(byte[] Key, RouteTarget Target)> mapped =
        [
            .. model.Names.Select(name => (Encoding.UTF8.GetBytes(name.Name), TargetOf(model.Points[name.Point]))),
            .. model.Devices.Select(device => (Encoding.UTF8.GetBytes($"mt/v1/{device.City}/senml/{device.Device}"), new RouteTarget(RouteKind.Senml, device.Asset, model.CityNumberOf(device.Asset)))),
        ];
        var index = new KeyIndex(mapped.Count, mapped.Sum(entry => entry.Key.Length));
        foreach (var (key, target) in mapped) if (index.TryAdd(key)) targets.Add(target);
        return index;
    }

    private static KeyIndex IndexPoints(Model model)
    {
        var index = new KeyIndex(model.Points.Length, model.Points.Sum(point => Encoding.UTF8.GetByteCount(model.Assets[point.Asset].Id.Path) + 1 + Encoding.UTF8.GetByteCount(point.Metric)));
        Span<byte> name = stackalloc byte[AssetId.LengthMax + 1 + Domain.Assets.Point.MetricLengthMax];
        foreach (var point in model.Points)
        {
            var length = Encoding.UTF8.GetBytes(model.Assets[point.Asset].Id.Path, name);
            name[length++] = (byte)'/';
            length += Encoding.UTF8.GetBytes(point.Metric, name[length..]);
            if (!index.TryAdd(name[..length])) throw new ArgumentException($"Two points are called {Encoding.UTF8.GetString(name[..length])}.", nameof(model));
        }
        return index;
    }
}
