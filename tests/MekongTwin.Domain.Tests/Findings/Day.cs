using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Tests.Findings;

/// <summary>The shapes that a healthy day has.</summary>
public enum Shape
{
    /// <summary>A feeder's power every ten seconds: two humps, noise of half a per cent.</summary>
    Load,

    /// <summary>A transformer's power every half hour.</summary>
    HalfHours,

    /// <summary>Sunlight a minute: zero at night, clouds by day.</summary>
    Sun,

    /// <summary>Rain a minute: zero, with showers.</summary>
    Rain,

    /// <summary>Humidity a minute in whole per cents, at its limit for hours.</summary>
    Humidity,

    /// <summary>A river's level a minute in centimetres, slow.</summary>
    River,

    /// <summary>Vehicles counted each half minute, few at night.</summary>
    Flow,

    /// <summary>A register that grows every quarter of an hour, and stands still at night.</summary>
    Register,
}

/// <summary>One day of one point, as drawn from a seed, and what its readings tell.</summary>
internal sealed class Day
{
    public static readonly long FromUs = SmallCity.StartUs;
    public static readonly long ToUs = FromUs + Instant.Day;

    private Day(Point point, List<Reading> readings)
    {
        Point = point;
        Readings = readings;
    }

    public Point Point { get; }

    /// <summary>In order of time, from a hold time before the day to one after it.</summary>
    public List<Reading> Readings { get; }

    public long PeriodUs => Readings[1].TimeUs - Readings[0].TimeUs;

    public static Day Of(Shape shape, int seed)
    {
        var (periodS, holdUs, kind, min, max) = shape switch
        {
            Shape.Load => (10, 2 * Instant.Minute, PointKind.Gauge, -30_000.0, 30_000.0),
            Shape.HalfHours => (1800, 45 * Instant.Minute, PointKind.Gauge, -5000, 5000),
            Shape.Flow => (30, 5 * Instant.Minute, PointKind.Gauge, 0, 30_000),
            Shape.Register => (900, Instant.Day, PointKind.Cumulative, 0, 1e9),
            Shape.Humidity => (60, 30 * Instant.Minute, PointKind.Gauge, 0, 100),
            Shape.Sun => (60, 30 * Instant.Minute, PointKind.Gauge, 0, 1500),
            _ => (60, 30 * Instant.Minute, PointKind.Gauge, -5, 300),
        };
        Assert.True(UnitTable.TryFind("kW", out var unit));
        var point = new Point(0, 0, "P", unit, kind, holdUs) { MinMicro = Micro(min), MaxMicro = Micro(max) };
        var random = new Random(seed);
        var (walk, readings, register) = (0.0, new List<Reading>(), 1000.0);
        for (var time = FromUs - holdUs; time < ToUs + holdUs; time += periodS * Instant.Second)
        {
            var hour = (time - FromUs) / (double)Instant.Hour;
            walk = 0.98 * walk + 0.2 * Normal(random);
            var sun = Math.Max(0, Math.Sin(Math.PI * (hour - 6) / 12));
            register += Math.Round(20 * sun, 2);
            var value = shape switch
            {
                Shape.Load => Math.Round(4000 * (1 + 0.3 * sun + 0.2 * Math.Exp(-Math.Pow((hour - 19) / 1.5, 2))) * (1 + 0.005 * Normal(random)), 1),
                Shape.HalfHours => Math.Round(120 * (1 + 0.6 * sun) * (1 + 0.05 * Normal(random)), 1),
                Shape.Sun => Math.Round(1000 * sun * Math.Clamp(0.7 + 0.3 * walk, 0.15, 1) * (1 + 0.01 * Normal(random)), 0),
                Shape.Rain => Math.Round(Math.Max(0, 8 * (walk - 1)), 1),
                Shape.Humidity => Math.Round(Math.Min(100, 92 + 10 * Math.Cos(Math.PI * hour / 12) + 0.5 * walk)),
                Shape.River => Math.Round(1.4 + 0.3 * Math.Sin(Math.PI * hour / 6.2) + 0.004 * Normal(random), 2),
                Shape.Flow => Math.Round(Math.Max(0, (60 + 1500 * sun) * (1 + 0.2 * Normal(random)))),
                _ => register,
            };
            readings.Add(new(time, Micro(value), 0, 0, Quality.Good, ReadingFlags.None));
        }
        return new(point, readings);
    }

    /// <summary>The day with something done to its readings.</summary>
    public Day With(Func<Reading, Reading?> change) => new(Point, [.. Readings.Select(change).OfType<Reading>()]);

    public static long Micro(double value) => (long)Math.Round(value * FixedPoint.One);

    /// <summary>What is told of the whole day, however the readings lie.</summary>
    public PointQuality Look(IEnumerable<Reading>? readings = null) => PointQuality.Of(Point, [.. readings ?? Readings], FromUs, ToUs, isNow: false);

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
