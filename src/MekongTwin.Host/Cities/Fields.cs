using System.Text.Json;
using System.Xml;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Host.Cities;

/// <summary>Reads an object's fields strictly: wrong kinds, missing and unknown names become errors with a suggestion.</summary>
internal sealed class Fields
{
    private readonly PlacedJson _json;
    private readonly CityErrors _errors;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public Fields(PlacedJson json, CityErrors errors)
    {
        _json = json;
        _errors = errors;
        if (json.Kind != JsonValueKind.Object) errors.Add(json, "must be an object { ... }");
    }

    public PlacedJson Json => _json;

    public PlacedJson? Find(string name)
    {
        _known.Add(name);
        return _json.Members.GetValueOrDefault(name);
    }

    public string Text(string name, bool required = true)
    {
        var value = Find(name);
        if (value is null && required) _errors.Add(_json, $"'{name}' is missing");
        if (value is null) return "";
        if (value.Kind != JsonValueKind.String || (required && value.Text.Length == 0)) _errors.Add(value, "must be a text in quotes");
        return value.Text;
    }

    /// <summary>A number within [min, max]; units are part of the field's name.</summary>
    public double Number(string name, double min, double max, double? otherwise = null)
    {
        var value = Find(name);
        if (value is null)
        {
            if (otherwise is null) _errors.Add(_json, $"'{name}' is missing");
            return otherwise ?? min;
        }
        if (value.Kind != JsonValueKind.Number) _errors.Add(value, "must be a number");
        else if (!(value.Number >= min && value.Number <= max)) _errors.Add(value, FormattableString.Invariant($"{value.Number} is outside {min} to {max}"));
        return value.Number;
    }

    public double? OptionalNumber(string name, double min, double max) => Find(name) is null ? null : Number(name, min, max);

    /// <summary>An ISO 8601 duration such as PT30M, in microseconds.</summary>
    public long DurationUs(string name, long otherwiseUs)
    {
        var value = Find(name);
        if (value is null) return otherwiseUs;
        try
        {
            var duration = XmlConvert.ToTimeSpan(value.Text);
            if (duration > TimeSpan.Zero && duration <= TimeSpan.FromDays(31)) return duration.Ticks / TimeSpan.TicksPerMicrosecond;
        }
        catch (FormatException)
        {
            // Said below.
        }
        _errors.Add(value, $"'{value.Text}' is not a duration up to 31 days; write it as PT30M, PT1H or P1D");
        return otherwiseUs;
    }

    public IReadOnlyList<PlacedJson> List(string name, bool required = false)
    {
        var value = Find(name);
        if (value is null && required) _errors.Add(_json, $"'{name}' is missing");
        if (value is not null && value.Kind != JsonValueKind.Array) _errors.Add(value, "must be a list [ ... ]");
        return value?.Items ?? [];
    }

    /// <summary>Lists by name; one that is no list is a mistake.</summary>
    public IEnumerable<(string Name, PlacedJson List)> Lists(string name)
    {
        var value = Find(name);
        if (value is not null && value.Kind != JsonValueKind.Object) _errors.Add(value, "must be an object { ... }");
        foreach (var (key, list) in value?.Members ?? new Dictionary<string, PlacedJson>())
        {
            if (list.Kind != JsonValueKind.Array) _errors.Add(list, "must be a list [ ... ]");
            yield return (key, list);
        }
    }

    /// <summary>Names nobody asked for are mistakes; says which known one is nearest.</summary>
    public void RefuseUnknown(params ReadOnlySpan<string> descriptive)
    {
        foreach (var name in descriptive) _known.Add(name);
        foreach (var (name, value) in _json.Members)
        {
            if (!_known.Contains(name)) _errors.Add(value, $"unknown field{Nearest.Suggest(name, _known)}");
        }
    }
}

/// <summary>"Did you mean": the nearest of the names that are possible.</summary>
internal static class Nearest
{
    public static string Suggest(string wrong, IEnumerable<string> possible)
    {
        var best = possible.Select(name => (name, distance: Distance(wrong, name))).OrderBy(pair => pair.distance).ThenBy(pair => pair.name, StringComparer.Ordinal).FirstOrDefault();
        return best.name is not null && best.distance <= Math.Max(2, wrong.Length / 3) ? $"; did you mean '{best.name}'?" : "";
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.Length];
    }
}
