namespace MekongTwin.Simulators.Living;

/// <summary>One MQTT message before it is sent.</summary>
internal readonly record struct Message(ReadOnlyMemory<byte> Topic, ReadOnlyMemory<byte> Payload);

/// <summary>
/// A measuring device: it reports at the seconds t with t mod period = offset. What it reports is a pure function of the
/// instant, so a restarted or late simulator sends the very same bytes.
/// </summary>
internal sealed record Device(string Name, int PeriodSeconds, int OffsetSeconds, int Points, int Messages, Func<long, IReadOnlyList<Message>> Measure)
{
    /// <summary>What it reaches the network through; its own name where nothing is shared.</summary>
    public string Gateway { get; init; } = Name;

    /// <summary>The device's last report at or before a second since 1970.</summary>
    public long LastDue(long second)
    {
        var since = (second - OffsetSeconds) % PeriodSeconds;
        return second - (since < 0 ? since + PeriodSeconds : since);
    }
}
