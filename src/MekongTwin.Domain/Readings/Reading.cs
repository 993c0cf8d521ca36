using System.Runtime.InteropServices;

namespace MekongTwin.Domain.Readings;

/// <summary>How far a value may be believed. The order is the comparator's rank: better wins.</summary>
public enum Quality : byte
{
    /// <summary>Not a value: failed, NaN, or outside the point's physical limits. Counted, never summed.</summary>
    Bad = 0,

    /// <summary>The sender itself says that it repeats an old value.</summary>
    Stale = 1,
    Uncertain = 2,
    Estimated = 3,
    Substituted = 4,
    Good = 5,
}

/// <summary>
/// One value of one point at one instant: 24 bytes, the same in memory and in the journal (little-endian).
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly record struct Reading(long TimeUs, long Value, int Point, ushort Revision, Quality Quality, ReadingFlags Flags)
{
    /// <summary>Bytes of a reading in the journal.</summary>
    public const int Size = 24;

    /// <summary>True when the sender marked it as history: kept and summed, never the latest value.</summary>
    public bool Historical => (Flags & ReadingFlags.Historical) != 0;

    /// <summary>False when the value must not enter sums, minima or integrals.</summary>
    public bool Usable => Quality != Quality.Bad;
}

[Flags]
public enum ReadingFlags : byte
{
    None = 0,
    Historical = 1,

    /// <summary>The sender gave no time: the receive time stands in for it.</summary>
    ReceiveTime = 2,
}

/// <summary>
/// The one comparator. Copies of a reading (same point and time) merge to the greatest by sender's revision, quality,
/// then value; the merge is historical only if every copy is.
/// </summary>
public static class ReadingOrder
{
    /// <summary>Order of two readings of one point: event time, revision, quality, value.</summary>
    public static int Compare(in Reading a, in Reading b)
    {
        var byTime = a.TimeUs.CompareTo(b.TimeUs);
        return byTime != 0 ? byTime : CompareCopies(a, b);
    }

    /// <summary>Merges two copies of one reading; the order of the arguments does not matter.</summary>
    public static Reading Merge(in Reading a, in Reading b)
    {
        var winner = CompareCopies(a, b) >= 0 ? a : b;
        return winner with { Flags = a.Flags & b.Flags };
    }

    private static int CompareCopies(in Reading a, in Reading b)
    {
        if (a.Revision != b.Revision) return a.Revision.CompareTo(b.Revision);
        if (a.Quality != b.Quality) return a.Quality.CompareTo(b.Quality);
        return a.Value.CompareTo(b.Value);
    }
}
