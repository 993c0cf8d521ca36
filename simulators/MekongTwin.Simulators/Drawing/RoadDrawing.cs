using System.Globalization;

namespace MekongTwin.Simulators.Drawing;

internal sealed record DrawnRoad(string Id, string Zone, string From, string To, double LengthKm, int Lanes, double FreeFlowKmh);

internal sealed record DrawnDetector(string Id, string Zone, string Road, Place Place, double LengthKm, int Lanes, double FreeFlowKmh);

/// <summary>Draws the schematic roads of a plan: a junction where a street's path has a point, a road between two, detectors along them.</summary>
internal sealed record RoadDrawing(IReadOnlyList<(string Id, Place Place)> Junctions, IReadOnlyList<DrawnRoad> Roads, IReadOnlyList<DrawnDetector> Detectors)
{
    private const double Detour = 1.05;

    public static RoadDrawing Draw(CityPlan plan)
    {
        var junctions = plan.Streets.SelectMany(Path).Distinct().Select((place, i) => (place, id: string.Create(CultureInfo.InvariantCulture, $"j/{i + 1:000}"))).ToDictionary(pair => pair.place, pair => pair.id);
        List<DrawnRoad> roads = [];
        List<DrawnDetector> detectors = [];
        foreach (var street in plan.Streets)
        {
            var path = Path(street).ToList();
            var zone = "zone/" + street.Id;
            var first = roads.Count;
            for (var i = 1; i < path.Count; i++)
            {
                var lengthKm = Math.Round(path[i - 1].DistanceKm(path[i]) * Detour, 2);
                roads.Add(new(string.Create(CultureInfo.InvariantCulture, $"road/{street.Id}/{i}"), zone, junctions[path[i - 1]], junctions[path[i]], lengthKm, street.Lanes, street.FreeFlowKmh));
            }
            for (var i = 0; i < street.Detectors; i++)
            {
                // Along the whole street, so many to a road as its place in the row says.
                var along = (i + 0.5) / street.Detectors * (path.Count - 1);
                var road = roads[first + (int)along];
                var perRoad = Math.Max(1, street.Detectors / (path.Count - 1.0));
                detectors.Add(new(string.Create(CultureInfo.InvariantCulture, $"{zone}/det/{i + 1:00}"), zone, road.Id, path[(int)along].Between(path[(int)along + 1], along % 1).Rounded(),
                    Math.Round(road.LengthKm / perRoad, 2), road.Lanes, road.FreeFlowKmh));
            }
        }
        return new([.. junctions.Select(pair => (pair.Value, pair.Key))], roads, detectors);
    }

    public static Place MiddleOf(PlannedStreet street) => Path(street).ElementAt(street.Path.Count / 2);

    private static IEnumerable<Place> Path(PlannedStreet street) => street.Path.Select(point => new Place(point[0], point[1]));
}
