using System.Buffers.Text;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>What a subscriber keeps between connections to its broker.</summary>
internal sealed class BrokerSession(ISource source, ICommits commits, AdmissionFaults faults)
{
    /// <summary>Where mosquitto, and brokers like it, say how many messages they dropped.</summary>
    public const string DroppedTopic = "$SYS/broker/publish/messages/dropped";

    private long _received;
    private long _dropped = -1;

    public ISource Source => source;

    public ICommits Commits => commits;

    public AdmissionFaults Faults => faults;

    public UnreleasedIds Unreleased { get; } = new();

    public long Received => Interlocked.Read(ref _received);

    /// <summary>Null until the broker has said.</summary>
    public long? BrokerDropped => Interlocked.Read(ref _dropped) is >= 0 and long dropped ? dropped : null;

    /// <summary>True when the message was the broker's own count, which is no reading; otherwise counts it as received.</summary>
    public bool TakeStatistics(in PublishPacket packet, KnownTopic topic)
    {
        if (packet.Qos > 0 || !topic.Bytes.SequenceEqual("$SYS/broker/publish/messages/dropped"u8))
        {
            Interlocked.Increment(ref _received);
            return false;
        }

        if (Utf8Parser.TryParse(packet.Payload, out long dropped, out _))
        {
            Interlocked.Exchange(ref _dropped, dropped);
        }

        return true;
    }
}
