using System.Text.Json;

namespace MekongTwin.Simulators.Drawing;

/// <summary>The districts of a city with their outlines and people, from <c>districts.geojson</c>.</summary>
internal sealed class Land
{
    private readonly List<(string Id, int Population, Place[] Outline)> _districts;

    private Land(List<(string, int, Place[])> districts) => _districts = districts;

    public IEnumerable<(string Id, int Population)> Districts => _districts.Select(district => (district.Id, district.Population));

    public static Land Read(string directory)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, "districts.geojson")));
        return new([.. json.RootElement.GetProperty("features").EnumerateArray().Select(feature =>
        {
            var properties = feature.GetProperty("properties");
            var ring = feature.GetProperty("geometry").GetProperty("coordinates")[0];
            return (properties.GetProperty("id").GetString()!, properties.GetProperty("population").GetInt32(),
                ring.EnumerateArray().Select(point => new Place(point[0].GetDouble(), point[1].GetDouble())).ToArray());
        })]);
    }

    /// <summary>The district at a place, or null on the water.</summary>
    public string? DistrictAt(Place place) => _districts.Where(district => Contains(district.Outline, place)).Select(district => district.Id).FirstOrDefault();

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
