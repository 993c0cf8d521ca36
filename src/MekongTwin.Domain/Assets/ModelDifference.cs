using System.Collections.Immutable;
using System.Text.Json;

namespace MekongTwin.Domain.Assets;

/// <summary>What one version of a model has that the one before it has not, in words for a log.</summary>
public static class ModelDifference
{
    /// <summary>A sentence without its full stop, such as <c>city vn-dad is new; 24 assets are new (vn-dad/a, ...)</c>; empty when nothing differs.</summary>
    public static string Describe(Model before, Model after)
    {
        var parts = new List<string>();
        foreach (var city in after.Cities)
        {
            if (before.FindCity(city.Id) is not { } known) parts.Add($"city {city.Id} ({city.Name}) is new");
            else if (known.Name != city.Name) parts.Add($"city {city.Id} is called {city.Name}, not {known.Name}");
            else if (!AreSame(known, city)) parts.Add($"city {city.Id} has changed");
        }
        Add(parts, "asset", before.Assets, after.Assets, asset => asset.Id.Path);
        Add(parts, "point", before.Points, after.Points, point => $"{after.Assets[point.Asset].Id}/{point.Metric}");
        Add(parts, "device", [.. before.Devices.Select(device => device.Device)], [.. after.Devices.Select(device => device.Device)]);
        Add(parts, "mapping", [.. before.Names.Select(Say)], [.. after.Names.Select(Say)]);
        return string.Join("; ", parts);
    }

    /// <summary>Records with lists in them are not equal as such.</summary>
    private static bool AreSame<T>(T one, T other) => Equals(one, other) || JsonSerializer.Serialize(one) == JsonSerializer.Serialize(other);

    private static string Say(NameMapping mapping) => mapping.Name.Replace('\n', ' ');

    /// <summary>Numbered things are never taken away.</summary>
    private static void Add<T>(List<string> parts, string what, ImmutableArray<T> before, ImmutableArray<T> after, Func<T, string> name)
    {
        var shared = Math.Min(before.Length, after.Length);
        var changed = Enumerable.Range(0, shared).Where(i => !AreSame(before[i], after[i])).Select(i => name(after[i])).ToList();
        Add(parts, what, "new", [.. after.Skip(shared).Select(name)]);
        Add(parts, what, "changed", changed);
    }

    private static void Add(List<string> parts, string what, HashSet<string> before, HashSet<string> after)
    {
        Add(parts, what, "new", [.. after.Except(before)]);
        Add(parts, what, "gone", [.. before.Except(after)]);
    }

    private static void Add(List<string> parts, string what, string how, List<string> names)
    {
        if (names.Count == 1) parts.Add($"{what} {names[0]} is {how}");
        else if (names.Count > 1) parts.Add($"{names.Count} {what}s are {how} ({names[0]}, ...)");
    }
}
