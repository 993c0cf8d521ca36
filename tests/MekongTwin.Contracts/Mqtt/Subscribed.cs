using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Contracts.Mqtt;

/// <summary>A subscriber that runs until it is disposed, and the journal it fills.</summary>
public sealed class Subscribed : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly IBrokerSubscriber _subscriber;
    private readonly Task _running;
    private bool _isStopped;

    public Subscribed(IBrokerSubscriber subscriber, FakeJournal journal)
    {
        _subscriber = subscriber;
        Journal = journal;
        _running = subscriber.RunAsync(_stopping.Token);
    }

    public FakeJournal Journal { get; }

    public BrokerStatus Status => _subscriber.Status;

    /// <summary>Connected, and subscribed: the broker's own count comes after SUBACK.</summary>
    public async Task<Subscribed> ReadyAsync()
    {
        await UntilAsync(() => Status.Connected && Status.BrokerDropped is not null, "the connection");
        return this;
    }

    public async Task AdmittedAsync(int messages)
    {
        await UntilAsync(() => Journal.Count >= messages, $"{messages} messages");
        Assert.Equal(messages, Journal.Count);
    }

    public Task AcknowledgedAsync() => UntilAsync(() => Status.InFlight == 0, "all acknowledgements");

    public Task UntilAsync(Func<bool> condition, string what) =>
        Wait.UntilAsync(condition, () => $"{what}; {Journal.Count} were handed over, {Status}");

    /// <summary>Stops it; a second time does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isStopped) return;
        _isStopped = true;
        await _stopping.CancelAsync();
        await _running.WaitAsync(Wait.Limit);
        _stopping.Dispose();
    }
}
