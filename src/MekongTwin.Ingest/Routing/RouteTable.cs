using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;

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

/// <summary>A point as admission sees it.</summary>
internal sealed record PointAdmission(int Number, int City, Unit Unit, long MinMicro, long MaxMicro);

/// <summary>
/// Everything admission needs of one model: topics and names to points by open addressing over their bytes, 13 ns a look-up.
/// Immutable; a new model makes a new table.
/// </summary>
internal sealed class RouteTable
{
    private readonly byte[] _keys;
    private readonly Slot[] _slots;
    private readonly RouteTarget[] _targets;
    private readonly Dictionary<string, int> _cities;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _cityLookup;

    public RouteTable(Model model, int version)
    {
        Version = version;
        Points = [.. model.Points.Select(point => new PointAdmission(point.Number, model.Cities.IndexOf(model.CityOf(point.Asset)), point.Unit, point.MinMicro, point.MaxMicro))];
        Calendars = [.. model.Cities.Select(city => city.MakeCalendar())];
        KeepUs = [.. model.Cities.Select(city => city.KeepReadingsDays * Instant.Day)];
        _cities = model.Cities.Select((city, number) => (city.Id, number)).ToDictionary(pair => pair.Id, pair => pair.number, StringComparer.Ordinal);
        _cityLookup = _cities.GetAlternateLookup<ReadOnlySpan<char>>();
        var entries = Entries(model).ToList();
        // Fixed targets first: 0 none, 1 not served, then unknown and unmapped for no city and for every city.
        var fixedTargets = new List<RouteTarget> { default, new(RouteKind.NotServed, -1, -1) };
        for (var city = -1; city < model.Cities.Length; city++)
        {
            fixedTargets.Add(new(RouteKind.Unknown, -1, city));
            fixedTargets.Add(new(RouteKind.SenmlUnmapped, -1, city));
        }
        _targets = [.. fixedTargets, .. entries.Select(entry => entry.Target)];
        _slots = new Slot[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, entries.Count * 2))];
        _keys = new byte[entries.Sum(entry => entry.Key.Length)];
        var at = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            entries[i].Key.CopyTo(_keys, at);
            Insert(at, entries[i].Key.Length, fixedTargets.Count + i);
            at += entries[i].Key.Length;
        }
    }

    public int Version { get; }

    /// <summary>By point number.</summary>
    public PointAdmission[] Points { get; }

    /// <summary>By city number.</summary>
    public CityCalendar[] Calendars { get; }

    /// <summary>How long readings are kept, by city number; null where the city does not say.</summary>
    public long?[] KeepUs { get; }

    public RouteTarget this[Route route] => _targets[route.Handle];

    /// <summary>The route of a topic; there always is one.</summary>
    public Route Resolve(ReadOnlySpan<byte> topic)
    {
        var handle = Find(topic);
        return new(handle != 0 ? handle : Classify(topic));
    }

    /// <summary>The point with this full name or topic, or -1.</summary>
    public int FindPoint(ReadOnlySpan<byte> name)
    {
        var handle = Find(name);
        return handle != 0 && _targets[handle].Kind == RouteKind.Point ? _targets[handle].Number : -1;
    }

    /// <summary>The asset's point of this metric, or -1.</summary>
    public int FindPoint(int asset, ReadOnlySpan<byte> metric)
    {
        if (metric.Length > 64) return -1;
        Span<byte> key = stackalloc byte[5 + 64];
        WriteAssetKey(key, asset);
        metric.CopyTo(key[5..]);
        return FindPoint(key[..(5 + metric.Length)]);
    }

    private int Find(ReadOnlySpan<byte> key)
    {
        var hash = Hash(key);
        for (var i = hash & (uint)(_slots.Length - 1); ; i = (i + 1) & (uint)(_slots.Length - 1))
        {
            ref readonly var slot = ref _slots[i];
            if (slot.Handle == 0) return 0;
            if (slot.Hash == hash && slot.Length == key.Length && key.SequenceEqual(_keys.AsSpan(slot.At, slot.Length))) return slot.Handle;
        }
    }

    private int Classify(ReadOnlySpan<byte> topic)
    {
        if (topic.StartsWith("$"u8) || topic.StartsWith("mt/v1/live/"u8) || topic.StartsWith("mt/v1/alarms/"u8)) return 1;
        if (!topic.StartsWith("mt/v1/"u8)) return FixedHandle(-1, senml: false);
        var rest = topic[6..];
        var slash = rest.IndexOf((byte)'/');
        Span<char> text = stackalloc char[64];
        var city = -1;
        if (slash is > 0 and <= 64 && Encoding.UTF8.TryGetChars(rest[..slash], text, out var length) && _cityLookup.TryGetValue(text[..length], out var number)) city = number;
        return FixedHandle(city, slash > 0 && rest[(slash + 1)..].StartsWith("senml/"u8));
    }

    private static int FixedHandle(int city, bool senml) => 2 + (city + 1) * 2 + (senml ? 1 : 0);

    private void Insert(int at, int length, int handle)
    {
        var hash = Hash(_keys.AsSpan(at, length));
        var i = hash & (uint)(_slots.Length - 1);
        while (_slots[i].Handle != 0) i = (i + 1) & (uint)(_slots.Length - 1);
        _slots[i] = new(hash, at, length, handle);
    }

    private static IEnumerable<(byte[] Key, RouteTarget Target)> Entries(Model model)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        int City(int asset) => model.Cities.IndexOf(model.CityOf(asset));
        // A mapping made by a person wins over a name that follows from the model.
        foreach (var name in model.Names)
        {
            if (taken.Add(name.Name)) yield return (Encoding.UTF8.GetBytes(name.Name), new(RouteKind.Point, name.Point, City(model.Points[name.Point].Asset)));
        }
        foreach (var point in model.Points)
        {
            var target = new RouteTarget(RouteKind.Point, point.Number, City(point.Asset));
            var path = model.Assets[point.Asset].Id.Path + "/" + point.Metric;
            if (taken.Add("mt/v1/" + path)) yield return (Encoding.UTF8.GetBytes("mt/v1/" + path), target);
            if (taken.Add(path)) yield return (Encoding.UTF8.GetBytes(path), target);
            var key = new byte[5 + Encoding.UTF8.GetByteCount(point.Metric)];
            WriteAssetKey(key, point.Asset);
            Encoding.UTF8.GetBytes(point.Metric, key.AsSpan(5));
            yield return (key, target);
        }
        foreach (var device in model.Devices)
        {
            var topic = $"mt/v1/{device.City}/senml/{device.Device}";
            if (taken.Add(topic)) yield return (Encoding.UTF8.GetBytes(topic), new(RouteKind.Senml, device.Asset, City(device.Asset)));
        }
    }

    // A zero byte cannot be in a topic, so these keys meet no other.
    private static void WriteAssetKey(Span<byte> key, int asset)
    {
        key[0] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(key[1..], asset);
    }

    private static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = 0x9E3779B97F4A7C15UL ^ (ulong)key.Length;
        while (key.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key)) * 0xD6E8FEB86659FD93UL;
            hash ^= hash >> 32;
            key = key[8..];
        }
        foreach (var value in key) hash = (hash ^ value) * 0x100000001B3UL;
        hash *= 0xD6E8FEB86659FD93UL;
        return (uint)(hash >> 32);
    }

    private readonly record struct Slot(uint Hash, int At, int Length, int Handle);
}
