using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>Serves <c>mt/v1/live/…</c>; every watcher gets what <see cref="Send"/> is given.</summary>
internal sealed class FakeOutputs : IOutputs
{
    private readonly Lock _lock = new();
    private readonly List<Channel<OutputMessage>> _watchers = [];
    private readonly Channel<bool> _watching = Channel.CreateUnbounded<bool>();

    /// <summary>Watchers do not end before this has.</summary>
    public Task End { get; set; } = Task.CompletedTask;

    public bool IsServed(string filter) => filter.StartsWith("mt/v1/live/", StringComparison.Ordinal);

    public void Send(string topic, string payload)
    {
        lock (_lock)
        {
            _watchers.ForEach(watcher => watcher.Writer.TryWrite(
                new OutputMessage(topic, System.Text.Encoding.UTF8.GetBytes(payload))));
        }
    }

    /// <summary>Completes when one more watcher has come.</summary>
    public Task WatchedAsync() => _watching.Reader.ReadAsync().AsTask().WaitAsync(Wait.Limit);

    public async IAsyncEnumerable<OutputMessage> WatchAsync(string filter, [EnumeratorCancellation] CancellationToken ct)
    {
        Channel<OutputMessage> channel = Channel.CreateUnbounded<OutputMessage>();
        lock (_lock)
        {
            _watchers.Add(channel);
        }

        _watching.Writer.TryWrite(true);
        try
        {
            await foreach (OutputMessage message in channel.Reader.ReadAllAsync(ct))
            {
                yield return message;
            }
        }
        finally
        {
            await End;
        }
    }
}
