namespace MekongTwin.Domain.Assets;

/// <summary>An asset's path, city first: <c>vn-dad/hai-chau/tx/0412</c>.</summary>
public readonly record struct AssetId(string Path)
{
    /// <summary>Longest path in bytes.</summary>
    public const int LengthMax = 200;

    public override string ToString() => Path;

    /// <summary>True for the city itself and everything below it.</summary>
    public bool IsIn(string city) => Path.StartsWith(city, StringComparison.Ordinal) && (Path.Length == city.Length || Path[city.Length] == '/');

    /// <summary>True for slash-separated segments of lower-case letters, digits and hyphens, without empty segments.</summary>
    public static bool IsValid(string path)
    {
        if (path.Length is 0 or > LengthMax || path[0] == '/' || path[^1] == '/') return false;
        var previous = '\0';
        foreach (var c in path)
        {
            if (c == '/' ? previous == '/' : !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')) return false;
            previous = c;
        }
        return true;
    }
}

/// <summary>The kinds of things a city twin knows. Names on the wire are the lower-camel form.</summary>
public enum AssetKind
{
    City,
    District,
    Substation,
    Feeder,
    Transformer,
    TrafficZone,
    Detector,
    Station,
}

/// <summary>
/// A division of a city into districts, by its name and the time for which it holds: from the one instant up to the other, microseconds since
/// 1970 (UTC).
/// </summary>
public sealed record Geography(string Version, long FromUs = long.MinValue, long UntilUs = long.MaxValue)
{
    public bool HoldsAt(long timeUs) => timeUs >= FromUs && timeUs < UntilUs;
}

/// <summary>The administrative parent that an asset had up to an instant, and the one before that.</summary>
public sealed record FormerParent(int Parent, long UntilUs, FormerParent? Before = null);

/// <summary>
/// One thing of the city. <see cref="Number"/> is its durable small number. Totals flow to at most one parent per tree:
/// electrical (transformer, feeder, substation) and administrative (transformer or zone, district, city).
/// </summary>
public sealed record Asset(int Number, AssetId Id, AssetKind Kind, string Name)
{
    /// <summary>Number of the parent in the electrical tree, or -1.</summary>
    public int ElectricalParent { get; init; } = -1;

    /// <summary>Number of the parent in the administrative tree, or -1: the newest one.</summary>
    public int AdministrativeParent { get; init; } = -1;

    /// <summary>The parents before it, where the city was divided otherwise: totals of windows up to then flow to them.</summary>
    public FormerParent? Former { get; init; }

    /// <summary>The division that a district belongs to; null where the city has only one, without a name.</summary>
    public Geography? Geography { get; init; }

    /// <summary>Rated apparent power, kVA; 0 where it has none.</summary>
    public double RatingKva { get; init; }

    public int Customers { get; init; }

    public int Population { get; init; }

    public double AreaKm2 { get; init; }

    /// <summary>Free-flow speed of a detector's road, km/h.</summary>
    public double FreeFlowKmh { get; init; }

    /// <summary>Length of road that a detector stands for, km.</summary>
    public double LengthKm { get; init; }

    public double? Longitude { get; init; }

    public double? Latitude { get; init; }

    /// <summary>Number of the parent in the administrative tree at an instant, or -1.</summary>
    public int AdministrativeParentAt(long timeUs)
    {
        var parent = AdministrativeParent;
        for (var former = Former; former is not null && timeUs < former.UntilUs; former = former.Before) parent = former.Parent;
        return parent;
    }
}
