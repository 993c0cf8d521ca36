using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Findings;

/// <summary>
/// How often a point reports, learned from its day: the interval, and the silence from which on something is missing. Half of
/// the intervals may be wrong without moving it.
/// </summary>
internal readonly record struct Cadence(long IntervalUs, long SilenceUs)
{
    /// <summary>Fewer intervals teach nothing: the hold time stands in.</summary>
    private const int IntervalsMin = 4;

    /// <summary>Two missing reports in a row are a gap; one may be in the air.</summary>
    private const int IntervalsMissing = 3;

    /// <summary>Sigmas of the intervals' own spread, for devices that report when they like.</summary>
    private const double Sigmas = 10;

    /// <summary>Of readings in order of time, one an instant.</summary>
    public static Cadence Of(Point point, ReadOnlySpan<Reading> readings)
    {
        if (readings.Length <= IntervalsMin) return new(point.HoldUs, point.HoldUs);
        var intervals = new double[readings.Length - 1];
        for (var i = 0; i < intervals.Length; i++) intervals[i] = readings[i + 1].TimeUs - readings[i].TimeUs;
        var spread = Spread.Of(intervals);
        var silence = Math.Max(IntervalsMissing * spread.Median, spread.Median + Sigmas * spread.Deviation);
        // Beyond the hold time nothing covers the silence, whatever the habit; but a hold time no longer than the habit says nothing.
        if (point.HoldUs >= 1.25 * spread.Median) silence = Math.Min(silence, point.HoldUs);
        return new((long)spread.Median, (long)silence);
    }
}
