using System.Numerics;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Contracts.Oracle;

/// <summary>
/// What a point's facts are, said once more and naively: the whole set of readings, big integers, plain loops. It shares no
/// code with the twins; where the two differ, one of them is wrong.
/// </summary>
public static class NaiveWindows
{
    private const long QuarterUs = 15L * 60 * 1_000_000;
    private const long HourUs = 60L * 60 * 1_000_000;

    /// <summary>One reading per instant, ascending: of copies the greatest by revision, quality, value; flags only where all have them.</summary>
    public static List<Reading> Merge(IEnumerable<Reading> readings)
    {
        var byTime = new SortedDictionary<long, Reading>();
        foreach (var reading in readings)
        {
            if (!byTime.TryGetValue(reading.TimeUs, out var held))
            {
                byTime[reading.TimeUs] = reading;
                continue;
            }
            var better = (reading.Revision, (int)reading.Quality, reading.Value).CompareTo((held.Revision, (int)held.Quality, held.Value)) > 0 ? reading : held;
            byTime[reading.TimeUs] = better with { Flags = reading.Flags & held.Flags };
        }
        return [.. byTime.Values];
    }

    /// <summary>The newest merged reading that is not history, or null.</summary>
    public static Reading? Latest(IEnumerable<Reading> readings)
    {
        Reading? latest = null;
        foreach (var reading in Merge(readings))
        {
            if ((reading.Flags & ReadingFlags.Historical) == 0) latest = reading;
        }
        return latest;
    }

    /// <summary>Every window in which something happened, ascending.</summary>
    public static List<PointWindow> Windows(IEnumerable<Reading> readings, Point point)
    {
        var sums = new SortedDictionary<long, Sums>();
        Sums At(long startUs) => sums.TryGetValue(startUs, out var held) ? held : sums[startUs] = new Sums();
        Reading? before = null;
        foreach (var reading in Merge(readings))
        {
            At(Start(reading.TimeUs)).Add(reading);
            if (reading.Quality == Quality.Bad) continue;
            if (before is { } from && reading.TimeUs - from.TimeUs <= point.HoldUs) Cover(from, reading, point.Kind, At);
            before = reading;
        }
        return [.. sums.Select(pair => pair.Value.ToWindow(point, pair.Key))];
    }

    /// <summary>value / divisor, halves to even.</summary>
    public static BigInteger Rounded(BigInteger value, BigInteger divisor)
    {
        if (divisor.Sign < 0) (value, divisor) = (-value, -divisor);
        var floor = BigInteger.DivRem(value, divisor, out var remainder);
        if (remainder.Sign < 0) (floor, remainder) = (floor - 1, remainder + divisor);
        var half = (remainder * 2).CompareTo(divisor);
        return half > 0 || (half == 0 && !floor.IsEven) ? floor + 1 : floor;
    }

    private static void Cover(Reading from, Reading to, PointKind kind, Func<long, Sums> at)
    {
        if (kind == PointKind.Event) return;
        for (var start = Start(from.TimeUs); start < to.TimeUs; start += QuarterUs)
        {
            var low = Math.Max(start, from.TimeUs);
            var high = Math.Min(start + QuarterUs, to.TimeUs);
            if (high <= low) continue;
            var window = at(start);
            window.Covered += high - low;
            if (kind == PointKind.Gauge) window.Stood.Add(from.Value);
            window.Integral += kind == PointKind.Gauge ? (BigInteger)from.Value * (high - low) : Grown(from, to, high) - Grown(from, to, low);
        }
    }

    // Growth up to an instant is rounded, and a window's growth is the difference of two of them: the parts add up to the whole.
    private static BigInteger Grown(Reading from, Reading to, long atUs)
    {
        BigInteger whole = to.Value < from.Value ? to.Value : (BigInteger)to.Value - from.Value;
        return Rounded(whole * (atUs - from.TimeUs), to.TimeUs - from.TimeUs);
    }

    private static long Start(long timeUs) => (long)Math.Floor((decimal)timeUs / QuarterUs) * QuarterUs;

    private sealed class Sums
    {
        private readonly List<Reading> _usable = [];
        private int _bad;

        public BigInteger Integral { get; set; }

        public long Covered { get; set; }

        /// <summary>Every value that was the gauge's for some of the window, be it for an instant.</summary>
        public List<long> Stood { get; } = [];

        public void Add(Reading reading)
        {
            if (reading.Quality == Quality.Bad) _bad++;
            else
            {
                _usable.Add(reading);
                Stood.Add(reading.Value);
            }
        }

        public PointWindow ToWindow(Point point, long startUs)
        {
            var integral = point.Kind == PointKind.Gauge ? Rounded(Integral, HourUs) : Integral;
            var sum = _usable.Aggregate(BigInteger.Zero, (total, reading) => total + reading.Value);
            var empty = _usable.Count == 0;
            return new(
                point.Number, startUs, _usable.Count, _bad, _usable.Count(reading => reading.Quality is Quality.Uncertain or Quality.Stale), (Int128)sum,
                Stood.Count == 0 ? 0 : Stood.Min(), Stood.Count == 0 ? 0 : Stood.Max(),
                empty ? 0 : _usable[^1].Value, empty ? long.MinValue : _usable[^1].TimeUs, (long)integral, Covered);
        }
    }
}
