using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Series;

/// <summary>What a latest value was at an earlier instant.</summary>
public static class LatestUntil
{
    /// <summary>The newest reading up to the instant that is not history, or null when there is none or its past is not at hand.</summary>
    public static LatestValue? Find(LatestValue latest, long untilUs, IReadingSource source)
    {
        if (latest.Reading.TimeUs <= untilUs) return latest;
        var readings = new List<Reading>();
        foreach (var back in (long[])[latest.Point.HoldUs, Instant.Day, 31 * Instant.Day, untilUs])
        {
            if (!source.TryRead(latest.Point.Number, untilUs - back, untilUs + 1, readings)) return null;
            var merged = PointSeries.Merge(readings).Where(reading => !reading.Historical).ToList();
            if (merged.Count > 0) return latest with { Reading = merged[^1] };
        }
        return null;
    }
}
