using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Findings;

/// <summary>What the values of a point's readings tell. They come in order of time, one an instant.</summary>
internal static class ValueChecks
{
    /// <summary>Neighbours on each side that a spike is measured against: two wrong ones among ten do not move their middle.</summary>
    private const int SpikeNeighbours = 5;

    /// <summary>Sigmas of the neighbours' spread. Three is usual for outliers; loads, clouds and traffic lights reach further.</summary>
    private const double SpikeSigmas = 6;

    /// <summary>Usual steps of the day: below these a value near zero has done nothing remarkable.</summary>
    private const double SpikeSteps = 10;

    /// <summary>A value must stand at least as long: shorter stillness is nobody's loss.</summary>
    private const long StuckUs = 15 * Instant.Minute;

    /// <summary>And in as many readings: among thousands of meters some repeat a rounded value five times of a quiet night.</summary>
    private const int StuckReadings = 6;

    /// <summary>And so long where the readings before or after it move by their last digit only.</summary>
    private const long CoarseStuckUs = 3 * Instant.Hour;

    /// <summary>Lengths of the run, on each side of it, that show the habit of the hour: of a quiet night values stand longer than by day.</summary>
    private const int StuckAround = 4;

    /// <summary>Times the longest run of equal values that the day's other repetitions let expect.</summary>
    private const double StuckRuns = 2;

    /// <summary>The same for a coarse point, which moves by its last digit only: at the turn of a slow curve it stands longest.</summary>
    private const double CoarseStuckRuns = 6;

    /// <summary>Readings outside the limits, and stored as bad for it.</summary>
    public static void FindOutOfRange(Point point, ReadOnlySpan<Reading> readings, List<Finding> into)
    {
        var episodes = new Episodes(FindingKind.OutOfRange, into);
        foreach (ref readonly var reading in readings)
        {
            if (reading.Usable || (reading.Value >= point.MinMicro && reading.Value <= point.MaxMicro)) continue;
            var beyond = reading.Value > point.MaxMicro ? (double)reading.Value - point.MaxMicro : (double)point.MinMicro - reading.Value;
            episodes.Add(reading.TimeUs, reading.TimeUs, FixedPoint.ToDouble(reading.Value), beyond);
        }
        episodes.Close();
    }

    /// <summary>
    /// Single readings far from their neighbours, which agree among themselves: off the neighbours' median by six sigmas of their
    /// spread (median absolute deviation), by the median itself (doubled, or fallen to nothing) and by ten usual steps.
    /// </summary>
    /// <param name="point">A gauge.</param>
    /// <param name="readings">Usable ones, also from around the stretch.</param>
    /// <param name="fromUs">Where the stretch begins.</param>
    /// <param name="toUs">Where it ends.</param>
    /// <param name="into">Where findings go.</param>
    public static void FindSpikes(Point point, ReadOnlySpan<Reading> readings, long fromUs, long toUs, List<Finding> into)
    {
        if (readings.Length < 2 * SpikeNeighbours + 1) return;
        var steps = SpikeSteps * UsualStep(readings);
        var episodes = new Episodes(FindingKind.Spike, into);
        Span<double> neighbours = stackalloc double[2 * SpikeNeighbours];
        for (var i = 1; i < readings.Length - 1; i++)
        {
            var (before, value, after) = ((double)readings[i - 1].Value, (double)readings[i].Value, (double)readings[i + 1].Value);
            // Out and back: most readings end here.
            if ((value > before) != (value > after) || Math.Min(Math.Abs(value - before), Math.Abs(value - after)) <= steps) continue;
            if (readings[i].TimeUs < fromUs || readings[i].TimeUs >= toUs || readings[i + 1].TimeUs - readings[i - 1].TimeUs > 2 * point.HoldUs) continue;
            var first = Math.Clamp(i - SpikeNeighbours, 0, readings.Length - 2 * SpikeNeighbours - 1);
            for (var j = 0; j < neighbours.Length; j++) neighbours[j] = readings[first + j + (first + j >= i ? 1 : 0)].Value;
            var spread = Spread.Of(neighbours);
            var limit = Math.Max(Math.Max(SpikeSigmas * spread.Deviation, Math.Abs(spread.Median)), steps);
            var off = Math.Abs(value - spread.Median);
            if (off < limit || Math.Abs(before - spread.Median) >= limit || Math.Abs(after - spread.Median) >= limit) continue;
            episodes.Add(readings[i].TimeUs, readings[i].TimeUs, FixedPoint.ToDouble(readings[i].Value), off);
        }
        episodes.Close();
    }

    /// <summary>
    /// Runs of one value that last a quarter of an hour and are twice as long as the other repetitions let expect, those of the day and
    /// those on its calmer side: the longest run of n trials that repeat with probability p is ln(n(1-p))/ln(1/p) (Schilling 1990). Zero and the limits may stand still:
    /// a closed road, the sun at night, air that is wet through. A coarse point, such as one in whole
    /// per cents, has to stand for hours.
    /// </summary>
    public static void FindStuck(Point point, ReadOnlySpan<Reading> readings, long fromUs, long toUs, List<Finding> into)
    {
        var equal = CountEqual(readings);
        double? runs = null;
        var episodes = new Episodes(FindingKind.Stuck, into);
        for (int start = 0, end; start < readings.Length; start = end)
        {
            end = start + 1;
            while (end < readings.Length && readings[end].Value == readings[start].Value && readings[end].TimeUs - readings[end - 1].TimeUs <= point.HoldUs) end++;
            var (value, beginUs, lastUs) = (readings[start].Value, readings[start].TimeUs, readings[end - 1].TimeUs);
            if (end - start < StuckReadings || lastUs - beginUs < StuckUs || lastUs < fromUs || beginUs >= toUs || value == 0 || value <= point.MinMicro || value >= point.MaxMicro) continue;
            var pairs = end - start - 1;
            // Worked out for the few days that have such a run.
            runs ??= IsCoarse(readings) ? CoarseStuckRuns : StuckRuns;
            if (pairs <= runs * LongestRun(readings.Length - 1 - pairs, equal - pairs)) continue;
            var before = readings[Math.Max(0, start - StuckAround * pairs)..start];
            var after = readings[end..Math.Min(readings.Length, end + StuckAround * pairs)];
            if (pairs <= runs * Math.Max(LongestRun(before.Length, CountEqual(before)), LongestRun(after.Length, CountEqual(after)))) continue;
            if (lastUs - beginUs < CoarseStuckUs && (IsCoarseFor(before) || IsCoarseFor(after))) continue;
            episodes.Add(Math.Max(beginUs, fromUs), Math.Min(lastUs, toUs), FixedPoint.ToDouble(value), lastUs - beginUs, end - start);
        }
        episodes.Close();
    }

    /// <summary>True where enough readings show that the point moves by its last digit at this hour, as slow traffic does at night.</summary>
    private static bool IsCoarseFor(ReadOnlySpan<Reading> readings) => readings.Length >= StuckReadings && IsCoarse(readings);

    /// <summary>Readings that repeat the one before.</summary>
    private static int CountEqual(ReadOnlySpan<Reading> readings)
    {
        var equal = 0;
        for (var i = 1; i < readings.Length; i++) equal += readings[i].Value == readings[i - 1].Value ? 1 : 0;
        return equal;
    }

    /// <summary>The longest run to be expected where so many of the pairs are equal; one more of each, since a day has seen little (Laplace).</summary>
    private static double LongestRun(int pairs, int equal)
    {
        var (trials, repeats) = (pairs + 2.0, equal + 1.0);
        var p = repeats / trials;
        return Math.Max(1, Math.Log(trials * (1 - p)) / Math.Log(1 / p));
    }

    /// <summary>True where the usual change is the smallest one.</summary>
    private static bool IsCoarse(ReadOnlySpan<Reading> readings)
    {
        var steps = Steps(readings);
        if (steps.IsEmpty) return true;
        var smallest = double.MaxValue;
        foreach (var step in steps) smallest = Math.Min(smallest, step);
        return Spread.Of(steps).Median <= smallest;
    }

    /// <summary>The median of the changes from one reading to the next.</summary>
    private static double UsualStep(ReadOnlySpan<Reading> readings)
    {
        var steps = Steps(readings);
        return steps.IsEmpty ? 0 : Spread.Of(steps).Median;
    }

    /// <summary>The changes from one reading to the next; what stays the same is no change.</summary>
    private static Span<double> Steps(ReadOnlySpan<Reading> readings)
    {
        var steps = new double[readings.Length - 1];
        var count = 0;
        for (var i = 1; i < readings.Length; i++)
        {
            if (readings[i].Value != readings[i - 1].Value) steps[count++] = Math.Abs((double)readings[i].Value - readings[i - 1].Value);
        }
        return steps.AsSpan(0, count);
    }
}
