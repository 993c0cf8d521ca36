namespace MekongTwin.Benchmarks.Processes;

/// <summary>What the load generator is pointed at: the twin, or the reference.</summary>
internal interface IServerUnderTest : IDisposable
{
    int MqttPort { get; }

    TimeSpan Cpu { get; }

    /// <summary>Bytes allocated since the start; 0 where nobody counts.</summary>
    Task<long> AllocatedAsync(CancellationToken ct);

    /// <summary>Readings that went all the way since the start.</summary>
    Task<long> StoredAsync(CancellationToken ct);

    /// <summary>Completes when that many have, and nothing is under way.</summary>
    Task SettleAsync(long stored, CancellationToken ct);
}
