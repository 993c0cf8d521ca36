namespace MekongTwin.Simulators.Drawing;

/// <summary>
/// Writes what follows from a city's plan: <c>grid.json</c>, a file a substation in <c>grid/</c>, and <c>traffic.json</c>.
/// The same plan and outlines give the same bytes.
/// </summary>
internal static class CityDrawing
{
    private const string Drawn = "Drawn from plan.json by `draw --city DIR` of the simulators: change that, not this.";

    /// <summary>Resistance at 20 °C as in IEC 60228 (aluminium cables) and GOST 839 (ACSR); reactances and ratings are typical, assumed.</summary>
    private static readonly (string Id, double R, double X, double RatingA)[] Conductors =
    [
        ("xlpe-al-300", 0.1, 0.1, 450), ("xlpe-al-240", 0.125, 0.103, 400), ("xlpe-al-95", 0.32, 0.118, 220), ("ac-240", 0.118, 0.36, 500), ("ac-95", 0.301, 0.39, 300),
    ];

    public static void Write(string city, string output)
    {
        var plan = CityPlan.Read(city);
        var land = Land.Read(city);
        var (substations, ties) = GridDrawing.Draw(plan, land);
        new JsonLines().Say("assumed", "fictional network, sized after public totals; resistances at 20 degC after IEC 60228 and GOST 839, reactances and ratings typical").Say("note", Drawn)
            .List("conductors", Conductors.Select(conductor => new (string, object?)[] { ("id", conductor.Id), ("rOhmPerKm", conductor.R), ("xOhmPerKm", conductor.X), ("ratingA", conductor.RatingA) }))
            .List("substations", plan.HighVoltageCustomers.Select(customer => new (string, object?)[]
            {
                ("id", "ss/" + customer.Id), ("name", customer.Name), ("district", land.Membership(customer.District, new(customer.Lon, customer.Lat))), ("ratingKva", customer.RatingKva),
                ("customers", new[] { ("industrial", 1) }), ("lon", customer.Lon), ("lat", customer.Lat),
            }))
            .List("lines", ties.Select(Fields))
            .WriteTo(Path.Combine(output, "grid.json"));
        foreach (var substation in substations) Write(plan, land, substation, Path.Combine(output, "grid", substation.Plan.Id + ".json"));
        Write(plan, land, RoadDrawing.Draw(plan), Path.Combine(output, "traffic.json"));
    }

    private static void Write(CityPlan city, Land land, DrawnSubstation substation, string path)
    {
        var plan = substation.Plan;
        var id = "ss/" + plan.Id;
        new JsonLines().Say("assumed", "fictional network, sized after public totals").Say("note", Drawn)
            .List("substations",
            [
                [("id", id), ("name", plan.Name), ("district", land.Membership(plan.District, new(plan.Lon, plan.Lat))), ("ratingKva", plan.TransformersKva.Sum()), ("transformersKva", plan.TransformersKva), ("lon", plan.Lon), ("lat", plan.Lat)],
            ])
            .List("feeders", substation.Feeders.Select(feeder => new (string, object?)[]
            {
                ("id", feeder.Id), ("name", feeder.Name), ("substation", id), ("kv", city.Kv), ("ratingKva", Math.Round(Math.Sqrt(3) * city.Kv * feeder.Kind.RatingA)),
            }))
            .List("nodes", substation.Feeders.SelectMany(feeder => feeder.Nodes).Select(node => new (string, object?)[] { ("id", node.Id), ("lon", node.Place.Lon), ("lat", node.Place.Lat) }))
            .List("lines", substation.Feeders.SelectMany(feeder => feeder.Lines).Concat(substation.Rings).Select(Fields))
            .List("transformers", substation.Feeders.SelectMany(feeder => feeder.Transformers).Select(transformer => Fields(land, transformer)))
            .WriteTo(path);
    }

    private static void Write(CityPlan plan, Land land, RoadDrawing roads, string path) =>
        new JsonLines().Say("assumed", "zones follow real streets by name on rough positions; roads, detectors, lanes and free-flow speeds are fictional").Say("note", Drawn)
            .List("zones", plan.Streets.Select(street => new (string, object?)[] { ("id", "zone/" + street.Id), ("name", street.Name), ("district", land.Membership(street.District, RoadDrawing.MiddleOf(street))) }))
            .List("junctions", roads.Junctions.Select(junction => new (string, object?)[] { ("id", junction.Id), ("lon", junction.Place.Lon), ("lat", junction.Place.Lat) }))
            .List("roads", roads.Roads.Select(road => new (string, object?)[]
            {
                ("id", road.Id), ("zone", road.Zone), ("from", road.From), ("to", road.To), ("lengthKm", road.LengthKm), ("lanes", road.Lanes), ("freeFlowKmh", road.FreeFlowKmh),
            }))
            .List("detectors", roads.Detectors.Select(detector => new (string, object?)[]
            {
                ("id", detector.Id), ("zone", detector.Zone), ("road", detector.Road), ("freeFlowKmh", detector.FreeFlowKmh), ("lengthKm", detector.LengthKm), ("lanes", detector.Lanes),
                ("lon", detector.Place.Lon), ("lat", detector.Place.Lat),
            }))
            .WriteTo(path);

    private static (string, object?)[] Fields(DrawnLine line) =>
        [("id", line.Id), ("from", line.From), ("to", line.To), ("lengthKm", line.LengthKm), ("conductor", line.Conductor), ("switch", line.Switch)];

    private static (string, object?)[] Fields(Land land, DrawnTransformer transformer) =>
    [
        ("id", transformer.Id), ("node", transformer.Node), ("district", land.Membership(transformer.District, transformer.Place)), ("ratingKva", transformer.RatingKva), ("customers", Customers(transformer)),
        ("lon", transformer.Place.Lon), ("lat", transformer.Place.Lat),
    ];

    private static (string Name, int Count)[] Customers(DrawnTransformer transformer)
    {
        if (transformer.Owner is { } owner) return [(owner, 1)];
        (string, int)[] counts =
        [
            ("household", transformer.Households),
            ("commercial", (int)Math.Round(transformer.Households * transformer.Kind.ShopsPerHousehold)),
            ("streetLight", transformer.RatingKva >= 400 ? 1 : 0),
        ];
        return [.. counts.Where(pair => pair.Item2 > 0)];
    }
}
