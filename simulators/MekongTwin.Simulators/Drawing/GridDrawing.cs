using System.Globalization;

namespace MekongTwin.Simulators.Drawing;

/// <summary>
/// Draws the medium-voltage network of a plan: feeders in all directions from each substation, two by two a normally open ring, and
/// open ties to the neighbour substation where one is near. The households of a district are shared out over its public
/// transformers by their ratings, so that they add up to the census.
/// </summary>
internal sealed class GridDrawing
{
    private const double TieMaxKm = 1.2;

    /// <summary>Feeders of the first busbar have odd numbers, those of the second even ones.</summary>
    private static readonly int[] Panels = [471, 473, 475, 477, 479, 472, 474, 476, 478, 480];

    private readonly CityPlan _plan;
    private readonly Land _land;
    private readonly Dictionary<string, int> _lastNumbers = new(StringComparer.Ordinal);

    private GridDrawing(CityPlan plan, Land land) => (_plan, _land) = (plan, land);

    public static (IReadOnlyList<DrawnSubstation> Substations, IReadOnlyList<DrawnLine> Ties) Draw(CityPlan plan, Land land)
    {
        var drawing = new GridDrawing(plan, land);
        var substations = plan.Substations.Select(drawing.Substation).ToList();
        drawing.ShareHouseholds(substations);
        return (substations, Ties(substations));
    }

    private DrawnSubstation Substation(PlannedSubstation planned)
    {
        var dice = new Dice(_plan.Seed, planned.Id);
        var at = new Place(planned.Lon, planned.Lat);
        var turn = dice.Between(0, 2 * Math.PI);
        var busbar = (planned.Feeders.Count + 1) / 2;
        var feeders = planned.Feeders.Select((name, i) =>
        {
            var panel = i < busbar ? Panels[i] : Panels[Panels.Length / 2 + i - busbar];
            var slug = string.Create(CultureInfo.InvariantCulture, $"{panel}-{planned.Id.Replace("-", "", StringComparison.Ordinal)}");
            var feeder = new FeederDrawing(_land, new(_plan.Seed, slug), FeederKind.Find(name), slug, _lastNumbers);
            return feeder.Draw($"{panel} {planned.Name}", at, turn + 2 * Math.PI * i / planned.Feeders.Count);
        }).ToList();
        var rings = feeders.Chunk(2).Where(pair => pair.Length == 2).Select(pair => Tie("tie/" + pair[0].Slug, pair[0], pair[1])).ToList();
        return new(planned, feeders, rings);
    }

    private static List<DrawnLine> Ties(IReadOnlyList<DrawnSubstation> substations)
    {
        var tied = new HashSet<DrawnFeeder>();
        var candidates =
            from substation in substations
            from feeder in substation.Feeders
            from other in substations
            where string.CompareOrdinal(substation.Plan.Id, other.Plan.Id) < 0
            from neighbour in other.Feeders
            let ends = Nearest(feeder, neighbour)
            let km = ends.From.Place.DistanceKm(ends.To.Place)
            where km <= TieMaxKm
            orderby km, feeder.Slug, neighbour.Slug
            select (feeder, neighbour);
        List<DrawnLine> ties = [];
        foreach (var (feeder, neighbour) in candidates)
        {
            if (tied.Contains(feeder) || tied.Contains(neighbour)) continue;
            tied.UnionWith([feeder, neighbour]);
            ties.Add(Tie($"tie/{feeder.Slug}/{neighbour.Slug}", feeder, neighbour));
        }
        return ties;
    }

    private static DrawnLine Tie(string id, DrawnFeeder feeder, DrawnFeeder other)
    {
        var (from, to) = Nearest(feeder, other);
        return FeederDrawing.Tie(id, from, to, feeder.Kind.Backbone);
    }

    /// <summary>The two nodes nearest to each other in the outer halves of two backbones.</summary>
    private static (DrawnNode From, DrawnNode To) Nearest(DrawnFeeder feeder, DrawnFeeder other) =>
        (from a in feeder.Backbone.Skip(feeder.Backbone.Count / 2)
         from b in other.Backbone.Skip(other.Backbone.Count / 2)
         orderby a.Place.DistanceKm(b.Place), a.Id, b.Id
         select (a, b)).First();

    private void ShareHouseholds(IReadOnlyList<DrawnSubstation> substations)
    {
        var transformers = substations.SelectMany(substation => substation.Feeders).SelectMany(feeder => feeder.Transformers).Where(transformer => transformer.Owner is null).ToLookup(transformer => transformer.District);
        foreach (var (district, population) in _land.Districts)
        {
            var households = (int)Math.Round(population / _plan.PersonsPerHousehold);
            var dice = new Dice(_plan.Seed, district);
            var weights = transformers[district].Select(transformer => (transformer, weight: transformer.RatingKva * dice.Between(0.6, 1.4))).ToList();
            var (total, passed, given) = (weights.Sum(pair => pair.weight), 0.0, 0);
            foreach (var (transformer, weight) in weights)
            {
                passed += weight;
                var until = (int)Math.Round(households * passed / total);
                transformer.Households = until - given;
                given = until;
            }
        }
    }
}
