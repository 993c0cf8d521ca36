using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Store;

namespace MekongTwin.Api;

/// <summary>A day of a city as of an instant: <c>From</c> to <c>To</c>, cut off at <c>AsOf</c> while it lasts.</summary>
internal readonly record struct CityDay(long FromUs, long EndUs, long AsOfUs)
{
    public long ToUs => Math.Min(EndUs, AsOfUs);

    public bool IsNow => AsOfUs < EndUs;

    public static CityDay Of(CityCalendar calendar, long timeUs, long asOfUs)
    {
        var from = calendar.Start(timeUs, WindowSize.Day);
        return new(from, calendar.Next(from, WindowSize.Day), asOfUs);
    }
}

/// <summary>Looks at a point's day: its readings, and whether it was heard before.</summary>
internal static class PointDay
{
    /// <summary>Most readings gone through for one point: one each half second of a day, with as many around it.</summary>
    public const long ReadingsMax = 500_000;

    /// <summary>How far back it is asked whether a point was heard before.</summary>
    private const long HeardWithinUs = 7 * Instant.Day;

    /// <summary>So long after its end a day may still be read out.</summary>
    private const long ReadOutWithinUs = 36 * Instant.Hour;

    /// <summary>
    /// What the readings tell; null when there are more than <see cref="ReadingsMax"/> to go through, or when they are gone. The account of a point that was
    /// not heard before begins with its first reading, and of one that is read out it ends with the newest: what is still to be expected
    /// is no gap. So it is empty for a point that was never heard.
    /// </summary>
    public static async ValueTask<PointQuality?> LookAsync(ITwinServices services, Point point, CityDay day, CancellationToken ct)
    {
        if (day.FromUs < services.Queries.ReadingsFrom(point.Number)) return null;
        if (await services.Queries.ReadingsAsync(point.Number, day.FromUs - point.HoldUs, day.ToUs + point.HoldUs, ReadingsMax, ct) is not { } read) return null;
        List<Reading> readings = [.. read];
        var (first, last) = readings.Count == 0 ? (day.ToUs, day.FromUs) : (readings.Min(reading => reading.TimeUs), readings.Max(reading => reading.TimeUs));
        var from = first > day.FromUs && !await WasHeardAsync(services.Queries, point, day.FromUs, ct) ? Math.Min(first, day.ToUs) : day.FromUs;
        if (services.Arrivals?.IsReadOut(point.Number) == true && day.AsOfUs < day.EndUs + ReadOutWithinUs) return PointQuality.Of(point, readings, from, Math.Clamp(last, from, day.ToUs), isNow: false);
        return PointQuality.Of(point, readings, from, day.ToUs, day.IsNow);
    }

    private static async ValueTask<bool> WasHeardAsync(ITwinQueries queries, Point point, long beforeUs, CancellationToken ct) =>
        (await queries.PointWindowsAsync(point.Number, beforeUs - HeardWithinUs, beforeUs, ct)).Any(window => window.Count + window.Bad > 0);
}
