using System.Collections.Immutable;
using System.Globalization;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.History.Journal;

/// <summary>
/// What a city keeps, in instants. Readings before <see cref="ReadingsFromUs"/> are gone; windows that start before
/// <see cref="WindowsFromUs"/> stay as they are; a reading before <see cref="AcceptedFromUs"/> comes too late. A hold time and more
/// lies between one and the next, so that every window that can still change finds the readings it is made of.
/// </summary>
/// <param name="City">Id of the city.</param>
/// <param name="ReadingsFromUs">Readings from here on are kept.</param>
/// <param name="WindowsFromUs">Windows from here on are made of readings.</param>
/// <param name="AcceptedFromUs">Readings from here on are folded.</param>
/// <param name="Points">The city's points when it was drawn, ascending: one that came later has no past that could go.</param>
/// <param name="Assets">The city's assets then, ascending.</param>
public sealed record CityHorizon(string City, long ReadingsFromUs, long WindowsFromUs, long AcceptedFromUs, ImmutableArray<int> Points, ImmutableArray<int> Assets)
{
    /// <summary>The horizon of readings that go back <paramref name="keepUs"/> from an instant and more: it moves by whole local days.</summary>
    public static CityHorizon Before(long nowUs, CityRetention city)
    {
        var readings = city.Calendar.Start(nowUs - city.KeepUs - 2 * city.HoldUs - Instant.Hour, WindowSize.Day);
        var windows = Instant.QuarterStart(readings + city.HoldUs) + Instant.Quarter;
        return new(city.City, readings, windows, windows + city.HoldUs + Instant.Quarter, city.Points, city.Assets);
    }
}

/// <summary>A city whose readings are kept for a time only.</summary>
/// <param name="City">Its id.</param>
/// <param name="KeepUs">How long its readings are kept at least.</param>
/// <param name="HoldUs">The longest hold time of its points.</param>
/// <param name="Calendar">Its days.</param>
/// <param name="Points">Its points, ascending.</param>
/// <param name="Assets">Its assets, ascending.</param>
public sealed record CityRetention(string City, long KeepUs, long HoldUs, CityCalendar Calendar, ImmutableArray<int> Points, ImmutableArray<int> Assets);

/// <summary>Readings of a source that are gone, copies included, and how many of them had been stored.</summary>
public readonly record struct GoneReadings(int Source, long Readings, long Stored);

/// <summary>
/// A step of retention: what each city keeps from now on. Everything in the journal from <see cref="Offset"/> on is held against it:
/// a reading that comes too late counts as expired. Immutable.
/// </summary>
public sealed class Horizon
{
    private readonly short[] _cityOfPoint;
    private readonly short[] _cityOfAsset;

    public Horizon(int step, long offset, ImmutableArray<CityHorizon> cities)
    {
        (Step, Offset, Cities) = (step, offset, cities);
        _cityOfPoint = Index(cities, static city => city.Points);
        _cityOfAsset = Index(cities, static city => city.Assets);
    }

    /// <summary>Counts from one.</summary>
    public int Step { get; }

    /// <summary>Journal offset from which on it holds.</summary>
    public long Offset { get; }

    public ImmutableArray<CityHorizon> Cities { get; }

    /// <summary>The same, from another offset on.</summary>
    public Horizon At(long offset) => new(Step, offset, Cities);

    public CityHorizon? Find(string city) => Cities.FirstOrDefault(known => known.City == city);

    /// <summary>The horizon of a point, or null for one without.</summary>
    public CityHorizon? OfPoint(int point) => (uint)point < (uint)_cityOfPoint.Length && _cityOfPoint[point] is var city and >= 0 ? Cities[city] : null;

    /// <summary>The horizon of an asset, or null for one without.</summary>
    public CityHorizon? OfAsset(int asset) => (uint)asset < (uint)_cityOfAsset.Length && _cityOfAsset[asset] is var city and >= 0 ? Cities[city] : null;

    public bool IsGone(in Reading reading) => OfPoint(reading.Point) is { } city && reading.TimeUs < city.ReadingsFromUs;

    public bool IsTooLate(in Reading reading) => OfPoint(reading.Point) is { } city && reading.TimeUs < city.AcceptedFromUs;

    public bool IsSettled(in PointWindow window) => OfPoint(window.Point) is { } city && window.StartUs < city.WindowsFromUs;

    public bool IsSettled(in AssetWindow total) => OfAsset(total.Asset) is { } city && total.StartUs < city.WindowsFromUs;

    private static short[] Index(ImmutableArray<CityHorizon> cities, Func<CityHorizon, ImmutableArray<int>> members)
    {
        var index = new short[cities.Length == 0 ? 0 : 1 + cities.Max(city => members(city) is [.., var last] ? last : -1)];
        Array.Fill(index, (short)-1);
        for (var city = 0; city < cities.Length; city++)
        {
            foreach (var member in members(cities[city])) index[member] = (short)city;
        }
        return index;
    }
}
