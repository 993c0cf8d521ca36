namespace MekongTwin.Domain.Findings;

/// <summary>What can be wrong with a point's readings. Names on the wire are the lower-camel form.</summary>
public enum FindingKind
{
    /// <summary>No reading for longer than expected; worst is the longest silence in seconds.</summary>
    Gap,

    /// <summary>One value under new times for longer than the point's own habit; worst is that value.</summary>
    Stuck,

    /// <summary>A value that leaves its neighbours and is back at once; worst is the farthest value.</summary>
    Spike,

    /// <summary>Outside the point's physical limits, stored with quality bad; worst is the farthest value.</summary>
    OutOfRange,

    /// <summary>Times that run ahead of or behind the clock here; worst is the offset in seconds, ahead is positive.</summary>
    Clock,

    /// <summary>Arrived when its hold time was over; worst is the longest delay in seconds.</summary>
    Late,

    /// <summary>Arrived after a newer reading of its point; worst is how far behind it in seconds.</summary>
    Disorder,

    /// <summary>Arrived more than once; there is no worst.</summary>
    Duplicate,
}

/// <summary>
/// One thing that is wrong with a point, from its first to its last sign. <see cref="Count"/> is in readings, for gaps in
/// silences. <see cref="Worst"/> is in the point's unit for values and in seconds for times (<see cref="IsTime"/>).
/// </summary>
public readonly record struct Finding(FindingKind Kind, long FromUs, long ToUs, int Count, double? Worst)
{
    /// <summary>True where <see cref="Worst"/> is in seconds.</summary>
    public bool IsTime => Kind is FindingKind.Gap or FindingKind.Clock or FindingKind.Late or FindingKind.Disorder;
}
