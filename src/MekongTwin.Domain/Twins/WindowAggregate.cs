using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Twins;

/// <summary>
/// One point's window while it is being folded (15 minutes unless said otherwise): exact, so that any order gives the same bytes.
/// </summary>
public struct WindowAggregate
{
    public long StartUs;
    public long EndUs;
    public int Count;
    public int Bad;
    public int Uncertain;
    public Int128 Sum;
    public long Min;
    public long Max;
    public long LastTimeUs;
    public long Last;

    /// <summary>Gauge: micro unit · microseconds. Cumulative: growth in micro units.</summary>
    public Int128 Integral;
    public long CoveredUs;

    public static WindowAggregate At(long startUs, long lengthUs = Instant.Quarter) =>
        new() { StartUs = startUs, EndUs = startUs + lengthUs, Min = long.MaxValue, Max = long.MinValue, LastTimeUs = long.MinValue };

    /// <summary>Counts a reading of this window. Readings come in event-time order.</summary>
    public void Add(in Reading reading)
    {
        if (!reading.Usable)
        {
            Bad++;
            return;
        }
        Count++;
        if (reading.Quality is Quality.Uncertain or Quality.Stale) Uncertain++;
        Sum += reading.Value;
        Reach(reading.Value);
        LastTimeUs = reading.TimeUs;
        Last = reading.Value;
    }

    /// <summary>
    /// Credits the part of the interval between two successive usable readings that lies in this window. Nothing when
    /// they are further apart than the point's hold time.
    /// </summary>
    public void Credit(in Reading from, in Reading to, PointKind kind, long holdUs)
    {
        var length = to.TimeUs - from.TimeUs;
        if (length > holdUs || kind == PointKind.Event) return;
        var low = Math.Max(from.TimeUs, StartUs);
        var high = Math.Min(to.TimeUs, EndUs);
        if (high <= low) return;
        CoveredUs += high - low;
        if (from.TimeUs < StartUs && kind == PointKind.Gauge) Reach(from.Value);
        Integral += kind == PointKind.Gauge
            ? (Int128)from.Value * (high - low)
            : Growth(from, to, high) - Growth(from, to, low);
    }

    /// <summary>The window as it is stored and published.</summary>
    public readonly PointWindow ToWindow(int point, PointKind kind) => new(
        point, StartUs, Count, Bad, Uncertain, Sum,
        Min <= Max ? Min : 0, Min <= Max ? Max : 0, Last, LastTimeUs,
        FixedPoint.Saturate(kind == PointKind.Gauge ? FixedPoint.DivideRounded(Integral, Instant.Hour) : Integral),
        CoveredUs);

    private void Reach(long value)
    {
        if (value < Min) Min = value;
        if (value > Max) Max = value;
    }

    /// <summary>A register's growth from the first reading up to an instant between the two, spread evenly; a fall is a reset to zero.</summary>
    private static Int128 Growth(in Reading from, in Reading to, long atUs)
    {
        Int128 total = to.Value >= from.Value ? (Int128)to.Value - from.Value : to.Value;
        return FixedPoint.DivideRounded(total * (atUs - from.TimeUs), to.TimeUs - from.TimeUs);
    }
}

/// <summary>
/// One point's 15-minute window as a fact. <see cref="IntegralMicro"/>: gauge in unit·hours, cumulative the growth, both
/// micro. <see cref="CoveredUs"/>: time between readings no further apart than the hold time. <see cref="Min"/> and
/// <see cref="Max"/>: of the window's readings and, for a gauge, of the value held into it.
/// </summary>
public readonly record struct PointWindow(
    int Point, long StartUs, int Count, int Bad, int Uncertain, Int128 Sum, long Min, long Max,
    long Last, long LastTimeUs, long IntegralMicro, long CoveredUs)
{
    /// <summary>True when nothing happened in the window: such a row is not stored.</summary>
    public bool IsEmpty => Count == 0 && Bad == 0 && CoveredUs == 0;
}
