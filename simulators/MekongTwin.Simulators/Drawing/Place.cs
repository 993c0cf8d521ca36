namespace MekongTwin.Simulators.Drawing;

/// <summary>A place in degrees (WGS 84), on a drawing small enough to be flat.</summary>
internal readonly record struct Place(double Lon, double Lat)
{
    private const double KmPerDegree = 111.32;

    private double KmPerDegreeOfLon => KmPerDegree * Math.Cos(Lat * Math.PI / 180);

    public double DistanceKm(Place other) =>
        double.Hypot((other.Lon - Lon) * KmPerDegreeOfLon, (other.Lat - Lat) * KmPerDegree);

    /// <summary>The place so many km away; the angle, radians, counts from east to north.</summary>
    public Place Away(double km, double angle) =>
        new(Lon + km * Math.Cos(angle) / KmPerDegreeOfLon, Lat + km * Math.Sin(angle) / KmPerDegree);

    public Place Between(Place other, double share) => new(Lon + (other.Lon - Lon) * share, Lat + (other.Lat - Lat) * share);

    /// <summary>To four decimals, about 10 m: what is written is what was drawn.</summary>
    public Place Rounded() => new(Math.Round(Lon, 4), Math.Round(Lat, 4));
}
