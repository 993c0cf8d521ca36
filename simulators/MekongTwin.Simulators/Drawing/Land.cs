using System.Text.Json;

namespace MekongTwin.Simulators.Drawing;

/// <summary>
/// The districts of a city with their outlines and people: <c>districts.geojson</c>, and the divisions before it in the folder
/// <c>districts</c>. The oldest division gives transformers their ids and has the people that are shared out.
/// </summary>
internal sealed class Land
{
    private readonly List<(string Id, int Population, Place[] Outline)>[] _divisions;

    private Land(List<(string, int, Place[])>[] divisions) => _divisions = divisions;

    public IEnumerable<(string Id, int Population)> Districts => _divisions[0].Select(district => (district.Id, district.Population));

    public static Land Read(string directory)
    {
        var folder = Path.Combine(directory, "districts");
        string[] former = Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.geojson").Order(StringComparer.Ordinal)] : [];
        return new([.. former.Append(Path.Combine(directory, "districts.geojson")).Select(ReadDivision)]);
    }

    /// <summary>The district at a place, or null on the water.</summary>
    public string? DistrictAt(Place place) => _divisions[0].Where(district => Contains(district.Outline, place)).Select(district => district.Id).FirstOrDefault();

    /// <summary>What is written of a thing's district: its id, or one for each division. Later outlines are parts of the oldest ones, near enough.</summary>
    public object Membership(string oldest, Place place)
    {
        if (_divisions.Length == 1) return oldest;
        return (string[])[oldest, .. _divisions.Skip(1).Select(division => division.OrderByDescending(district => Contains(district.Outline, place)).ThenBy(district => district.Outline.Min(place.DistanceKm)).First().Id)];
    }

    private static List<(string, int, Place[])> ReadDivision(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. json.RootElement.GetProperty("features").EnumerateArray().Select(feature =>
        {
            var properties = feature.GetProperty("properties");
            var ring = feature.GetProperty("geometry").GetProperty("coordinates")[0];
            return (properties.GetProperty("id").GetString()!, properties.GetProperty("population").GetInt32(),
                ring.EnumerateArray().Select(point => new Place(point[0].GetDouble(), point[1].GetDouble())).ToArray());
        })];
    }

    /// <summary>Even-odd rule: a ray to the east crosses the outline an odd number of times.</summary>
    private static bool Contains(Place[] outline, Place place)
    {
        var inside = false;
        for (int i = 0, j = outline.Length - 1; i < outline.Length; j = i++)
        {
            var (a, b) = (outline[i], outline[j]);
            if (a.Lat > place.Lat != b.Lat > place.Lat && place.Lon < (b.Lon - a.Lon) * (place.Lat - a.Lat) / (b.Lat - a.Lat) + a.Lon) inside = !inside;
        }
        return inside;
    }
}
