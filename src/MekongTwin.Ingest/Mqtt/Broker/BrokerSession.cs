namespace MekongTwin.Ingest.Mqtt;

/// <summary>What a subscriber keeps between connections to its broker.</summary>
internal sealed class BrokerSession(ISource source, ICommits commits, AdmissionFaults faults)
{
    private long _received;
    private long _dropped = -1;

    public ISource Source => source;

    public ICommits Commits => commits;

    public AdmissionFaults Faults => faults;

    public UnreleasedIds Unreleased { get; } = new();

    public long Received => Interlocked.Read(ref _received);

    /// <summary>Null until the broker has said.</summary>
    public long? BrokerDropped => Interlocked.Read(ref _dropped) is >= 0 and long dropped ? dropped : null;

    public void CountReceived(int messages) => Interlocked.Add(ref _received, messages);

    public void SetBrokerDropped(long messages) => Interlocked.Exchange(ref _dropped, messages);
}
