using System.Globalization;

namespace MekongTwin.Simulators.Drawing;

/// <summary>Draws one feeder: a backbone outward from the substation, short laterals, transformers along both.</summary>
internal sealed class FeederDrawing(Land land, Dice dice, FeederKind kind, string slug, Dictionary<string, int> lastNumbers)
{
    /// <summary>Roads are longer than the straight line.</summary>
    private const double Detour = 1.2;

    private const double LengthMinKm = 0.05;
    private const int TriesMax = 400;

    public DrawnFeeder Draw(string name, Place substation, double angle)
    {
        var backbone = Backbone(substation, angle);
        List<DrawnNode> nodes = [.. backbone];
        List<DrawnLine> lines = [];
        for (var i = 0; i < backbone.Count; i++)
        {
            var (from, at) = i == 0 ? ("fdr/" + slug, substation) : (backbone[i - 1].Id, backbone[i - 1].Place);
            var isSwitched = i == backbone.Count / 3 || i == backbone.Count * 2 / 3;
            lines.Add(Line(from, at, backbone[i], kind.Backbone, isSwitched ? "closed" : null));
            if (i % 3 == 1 && Lateral(backbone[i], angle, nodes.Count + 1) is { } lateral)
            {
                nodes.Add(lateral);
                lines.Add(Line(backbone[i].Id, backbone[i].Place, lateral, kind.Lateral, null));
            }
        }
        var feeder = new DrawnFeeder(slug, name, kind, backbone, nodes, lines);
        AddTransformers(feeder);
        return feeder;
    }

    /// <summary>An open line between two feeders: the ring's normally open point.</summary>
    public static DrawnLine Tie(string id, DrawnNode from, DrawnNode to, string conductor) => new(id, from.Id, to.Id, LengthKm(from.Place, to.Place), conductor, "open");

    private List<DrawnNode> Backbone(Place substation, double angle)
    {
        var lengthKm = dice.Between(kind.LengthMinKm, kind.LengthMaxKm);
        var count = Math.Clamp((int)Math.Round(lengthKm / 0.5), 7, 12);
        for (var attempt = 0; attempt < TriesMax; attempt++)
        {
            // The longer nothing fits between coast and border, the shorter and the further off its direction.
            var strayed = (double)attempt / TriesMax;
            var end = substation.Away(lengthKm / Detour * (1 - 0.7 * strayed), angle + dice.Between(-1, 1) * (0.3 + Math.PI * strayed));
            var places = Enumerable.Range(1, count).Select(i => substation.Between(end, (double)i / count)).ToList();
            var bent = places.Select(place => place.Away(dice.Between(0, 0.2) * lengthKm / count, dice.Between(0, 2 * Math.PI)).Rounded()).ToList();
            if (bent.All(place => land.DistrictAt(place) is not null)) return [.. bent.Select((place, i) => Node(i + 1, place))];
        }
        throw new InvalidDataException($"plan.json: no room for feeder {slug}; move its substation.");
    }

    private DrawnNode? Lateral(DrawnNode from, double angle, int number)
    {
        for (var attempt = 0; attempt < TriesMax; attempt++)
        {
            var side = dice.Between(0, 1) < 0.5 ? 1 : -1;
            var place = from.Place.Away(dice.Between(kind.LateralMinKm, kind.LateralMaxKm), angle + side * dice.Between(1.2, 1.9)).Rounded();
            if (land.DistrictAt(place) is not null) return Node(number + 20, place);
        }
        return null;
    }

    private void AddTransformers(DrawnFeeder feeder)
    {
        var count = (int)Math.Round(dice.Between(30, 42));
        for (var i = 0; i < count; i++)
        {
            var node = feeder.Nodes[i % feeder.Nodes.Count];
            var place = node.Place.Away(dice.Between(0.02, 0.12), dice.Between(0, 2 * Math.PI)).Rounded();
            if (land.DistrictAt(place) is null) place = node.Place;
            var district = land.DistrictAt(place)!;
            var owner = dice.Between(0, 1) < kind.OwnedShare ? dice.Pick<string>(kind.Owners) : null;
            var ratingKva = dice.Pick<double>(owner is null ? kind.Public : FeederKind.Owned);
            var number = lastNumbers[district] = lastNumbers.GetValueOrDefault(district) + 1;
            feeder.Transformers.Add(new(string.Create(CultureInfo.InvariantCulture, $"{district}/tx/{number:0000}"), node.Id, district, place, ratingKva, kind, owner));
        }
    }

    private DrawnNode Node(int number, Place place) => new(string.Create(CultureInfo.InvariantCulture, $"{slug}/{number}"), place);

    private static DrawnLine Line(string from, Place at, DrawnNode to, string conductor, string? normal) => new("ln/" + to.Id, from, to.Id, LengthKm(at, to.Place), conductor, normal);

    private static double LengthKm(Place from, Place to) => Math.Max(LengthMinKm, Math.Round(from.DistanceKm(to) * Detour, 2));
}
