namespace MekongTwin.Simulators.Living;

/// <summary>What can go wrong on the way from a sensor to the twin, on demand.</summary>
internal enum Fault
{
    /// <summary>Reports of the device never arrive.</summary>
    Lost,

    /// <summary>Reports arrive some periods late.</summary>
    Late,

    /// <summary>Reports arrive twice.</summary>
    Duplicate,

    /// <summary>Reports arrive in pairs, the second one first.</summary>
    Disorder,

    /// <summary>The sensor repeats one value under new times.</summary>
    Stuck,

    /// <summary>Single values are many times too high.</summary>
    Spike,

    /// <summary>Values move away from the truth, a quarter in an hour.</summary>
    Drift,

    /// <summary>The device's clock is wrong: local time sent as UTC, or an hour behind.</summary>
    Clock,

    /// <summary>The device is cut off and sends everything it kept when it is back.</summary>
    Burst,

    /// <summary>A gateway with all its devices is silent, and what they measured is lost.</summary>
    Gateway,
}

/// <summary>What a sensor's faults make of a measurement: measured then, this much too high, under a time so many ms off.</summary>
internal readonly record struct Distortion(long MeasuredMs, double Gain, long StampOffsetMs);
