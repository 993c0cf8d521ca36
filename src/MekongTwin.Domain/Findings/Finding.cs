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

    /// <summary>Kept by the sender while it was cut off and sent in one go, too late; worst is the longest delay in seconds.</summary>
    Burst,

    /// <summary>Arrived after a newer reading of its point; worst is how far behind it in seconds.</summary>
    Disorder,

    /// <summary>Arrived more than once; there is no worst.</summary>
    Duplicate,

    /// <summary>Walks away from neighbours that measure the same; worst is the farthest, in per cent of what they let expect.</summary>
    Drift,

    /// <summary>Everything that hangs on one parent is silent together; worst is the longest such silence in seconds.</summary>
    Gateway,
}

/// <summary>
/// One thing that is wrong with a point, from its first to its last sign. <see cref="Count"/> is in readings, for gaps and
/// gateways in silences, for drifts in quarters of an hour. <see cref="Worst"/> is in the point's unit for values, in seconds for
/// times (<see cref="IsTime"/>) and in per cent for drifts.
/// </summary>
public readonly record struct Finding(FindingKind Kind, long FromUs, long ToUs, int Count, double? Worst)
{
    /// <summary>True where <see cref="Worst"/> is in seconds.</summary>
    public bool IsTime => Kind is FindingKind.Gap or FindingKind.Clock or FindingKind.Late or FindingKind.Burst or FindingKind.Disorder or FindingKind.Gateway;
}
