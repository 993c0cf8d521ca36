using System.Runtime.InteropServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Findings;

/// <summary>
/// How well a point was measured over a stretch, and what is wrong: a function of its set of readings. <see cref="Completeness"/>
/// is the share of the time that readings cover, 0 to 1, null where none can (events) or no time has gone by.
/// <see cref="Expected"/> is how many readings its own habit lets expect; null where it has shown none.
/// </summary>
public sealed record PointQuality(Point Point, long FromUs, long ToUs, double? Completeness, int Received, int? Expected, IReadOnlyList<Finding> Findings)
{
    /// <summary>
    /// What the readings of a stretch tell. Two usable readings no further apart than the hold time cover the time between them, and
    /// the newest one the time up to now while it holds. What cannot be told from one point alone, such as a slow drift, is not here.
    /// </summary>
    /// <param name="point">The point.</param>
    /// <param name="readings">Its readings from a hold time before the stretch to a hold time after it, copies included, in any order; they are merged and sorted.</param>
    /// <param name="fromUs">Where the stretch begins: the day, or the point's first reading in it where it has never been heard before.</param>
    /// <param name="toUs">Where it ends: the day's end, or now.</param>
    /// <param name="isNow">True when it ends now: what comes may be on its way.</param>
    public static PointQuality Of(Point point, List<Reading> readings, long fromUs, long toUs, bool isNow)
    {
        PointSeries.Merge(readings);
        var all = CollectionsMarshal.AsSpan(readings);
        var first = ReadingBuffer.LowerBound(all, fromUs);
        var inside = all[first..ReadingBuffer.LowerBound(all, toUs)];
        var usable = readings.FindAll(static reading => reading.Usable);
        var findings = new List<Finding>();
        int? expected = null;
        double? completeness = null;
        if (point.Kind != PointKind.Event)
        {
            var cadence = Cadence.Of(point, inside);
            FindGaps(all, inside, first, cadence, point.HoldUs, fromUs, toUs, isNow, findings);
            completeness = toUs > fromUs ? (double)Covered(CollectionsMarshal.AsSpan(usable), point.HoldUs, fromUs, toUs, isNow) / (toUs - fromUs) : null;
            if (inside.Length > 0 && cadence.IntervalUs > 0) expected = Math.Max(inside.Length, (int)((toUs - fromUs) / cadence.IntervalUs));
        }
        ValueChecks.FindOutOfRange(point, inside, findings);
        if (point.Kind == PointKind.Gauge)
        {
            ValueChecks.FindSpikes(point, CollectionsMarshal.AsSpan(usable), fromUs, toUs, findings);
            ValueChecks.FindStuck(point, CollectionsMarshal.AsSpan(usable), fromUs, toUs, findings);
        }
        return new(point, fromUs, toUs, completeness, inside.Length, expected, findings);
    }

    private static void FindGaps(ReadOnlySpan<Reading> all, ReadOnlySpan<Reading> inside, int first, Cadence cadence, long holdUs, long fromUs, long toUs, bool isNow, List<Finding> into)
    {
        var episodes = new Episodes(FindingKind.Gap, into);
        // Where nothing was heard before, the stretch begins silent.
        var last = first > 0 ? all[first - 1].TimeUs : fromUs;
        foreach (ref readonly var reading in inside)
        {
            Look(last, reading.TimeUs, cadence.SilenceUs);
            last = reading.TimeUs;
        }
        var behind = first + inside.Length;
        if (behind < all.Length) Look(last, all[behind].TimeUs, cadence.SilenceUs);
        else Look(last, toUs, isNow ? Math.Max(cadence.SilenceUs, holdUs) : cadence.SilenceUs);
        episodes.Close();

        void Look(long lastUs, long nextUs, long silenceUs)
        {
            var (begin, end) = (Math.Max(lastUs, fromUs), Math.Min(nextUs, toUs));
            if (nextUs - lastUs > silenceUs && end > begin) episodes.Add(begin, end, (end - begin) / (double)Instant.Second, end - begin);
        }
    }

    private static long Covered(ReadOnlySpan<Reading> usable, long holdUs, long fromUs, long toUs, bool isNow)
    {
        long covered = 0;
        for (var i = 1; i < usable.Length; i++)
        {
            if (usable[i].TimeUs - usable[i - 1].TimeUs <= holdUs) covered += Math.Max(0, Math.Min(usable[i].TimeUs, toUs) - Math.Max(usable[i - 1].TimeUs, fromUs));
        }
        if (isNow && usable.Length > 0 && usable[^1].TimeUs <= toUs && toUs - usable[^1].TimeUs <= holdUs) covered += toUs - Math.Max(usable[^1].TimeUs, fromUs);
        return covered;
    }

}
