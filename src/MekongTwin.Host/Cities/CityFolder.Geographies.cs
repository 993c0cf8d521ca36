using System.Globalization;
using System.Text.Json;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Host.Cities;

/// <summary>
/// Divisions of the city into districts: <c>districts.geojson</c>, and those before it in the files of the folder <c>districts</c>. An asset
/// names its district in each of them.
/// </summary>
internal sealed partial class CityFolder
{
    /// <summary>The divisions in the order of time, each with its file.</summary>
    private readonly List<(Geography? Geography, string File)> _geographies = [];

    private void ReadDistricts(string zone)
    {
        var folder = Path.Combine(_directory, "districts");
        string[] former = Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.geojson").Select(path => Path.Combine("districts", Path.GetFileName(path))).Order(StringComparer.Ordinal)] : [];
        foreach (var name in former.Append("districts.geojson"))
        {
            if (Load(name, required: true, AssetKind.District) is not { } json) continue;
            var geography = ReadGeography(json, zone, isRequired: former.Length > 0);
            _geographies.Add((geography, name));
            ReadDistricts(json, geography);
        }
        _geographies.Sort((one, other) => (one.Geography?.FromUs ?? 0).CompareTo(other.Geography?.FromUs ?? 0));
    }

    /// <summary>Name and days of a division, in the city's own days; null where it is the only one and has none.</summary>
    private Geography? ReadGeography(PlacedJson json, string zone, bool isRequired)
    {
        var (fields, before) = (new Fields(json, _errors), _errors.Count);
        var version = fields.Text("version", isRequired);
        var (from, to) = (ReadDay(fields, "validFrom"), ReadDay(fields, "validTo"));
        if (version.Length == 0)
        {
            if (!isRequired && (fields.Find("validFrom") ?? fields.Find("validTo")) is { } dated) _errors.Add(dated, "a division with days needs a 'version', its name");
            return null;
        }
        if (_errors.Count > before || !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var known)) return null;
        long Midnight(DateOnly day) => Instant.From(new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(day.ToDateTime(TimeOnly.MinValue), known), TimeSpan.Zero));
        var geography = new Geography(version, from is { } first ? Midnight(first) : long.MinValue, to is { } last ? Midnight(last.AddDays(1)) : long.MaxValue);
        if (geography.FromUs >= geography.UntilUs) _errors.Add(fields.Find("validTo")!, $"'{version}' ends before it begins");
        foreach (var (other, file) in _geographies)
        {
            if (other is null) continue;
            if (other.Version == version) _errors.Add(fields.Find("version")!, $"'{version}' is the name of {file} too");
            else if (geography.FromUs < other.UntilUs && other.FromUs < geography.UntilUs) _errors.Add(json, $"'{version}' and '{other.Version}' of {file} hold on the same days; one ends with validTo the day before the other's validFrom");
        }
        return geography;
    }

    private DateOnly? ReadDay(Fields fields, string name)
    {
        if (fields.Find(name) is not { } value) return null;
        if (value.Kind == JsonValueKind.String && DateOnly.TryParseExact(value.Text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        _errors.Add(value, $"'{value.Text}' is not a day; write it as 2025-07-01");
        return null;
    }

    private IEnumerable<Asset> DistrictsOf((Geography? Geography, string File) division) =>
        _assets.Where(asset => asset.Kind == AssetKind.District && IsOfThisCity(asset) && Equals(asset.Geography, division.Geography));

    /// <summary>An asset in the district that it names, or in those, one of each division of the city, the last one included.</summary>
    private Asset InDistrict(Fields fields, Asset asset)
    {
        if (fields.Find("district") is not { Kind: JsonValueKind.Array } list) return InDistricts(fields, asset, [Reference(fields, "district", AssetKind.District)]);
        return InDistricts(fields, asset, [.. list.Items.Select(item => Reference(item, AssetKind.District))]);
    }

    private Asset InDistricts(Fields fields, Asset asset, List<int> named)
    {
        if (named.Count == 0) _errors.Add(fields.Find("district")!, "names no district");
        var isUnnamed = _geographies.Count > 1 && _geographies.Any(division => division.Geography is null);
        if (named.Count == 0 || named.Contains(-1) || isUnnamed || _incomplete.Contains(AssetKind.District)) return asset with { AdministrativeParent = named.LastOrDefault(-1) };
        named.Sort((one, other) => (_assets[one].Geography?.FromUs ?? 0).CompareTo(_assets[other].Geography?.FromUs ?? 0));
        var at = fields.Find("district")!;
        var twice = named.Zip(named.Skip(1)).FirstOrDefault(pair => Equals(_assets[pair.First].Geography, _assets[pair.Second].Geography));
        if (twice != default) _errors.Add(at, $"'{NameOf(twice.First)}' and '{NameOf(twice.Second)}' are districts at the same time; an asset is in one");
        else if (!Equals(_assets[named[^1]].Geography, _geographies[^1].Geography)) _errors.Add(at, $"no district of '{_geographies[^1].Geography!.Version}' is named; give a list with one of each division, such as [\"{NameOf(named[^1])}\", \"{DistrictsOf(_geographies[^1]).Select(district => NameOf(district.Number)).FirstOrDefault()}\"]");
        FormerParent? former = null;
        foreach (var district in named.SkipLast(1)) former = new(district, _assets[district].Geography!.UntilUs, former);
        return asset with { AdministrativeParent = named[^1], Former = former };
    }

    private string NameOf(int asset) => _assets[asset].Id.Path[(_city.Length + 1)..];
}
