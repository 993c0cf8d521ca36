using System.Diagnostics;
using MekongTwin.Silo.Grains;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Doors;

/// <summary>
/// The way from a silo's doors to one partition: one append under way, numbered, sent again until it is answered. What comes
/// meanwhile goes together in the next one.
/// </summary>
internal sealed class Lane(IPartitionGrain partition, long door, Action<IReadOnlyList<Ticket>, long> sent) : IAsyncDisposable
{
    /// <summary>Bytes in one append, about.</summary>
    private const int AppendBytesMax = 1 << 20;

    private static readonly TimeSpan RetryFrom = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryTo = TimeSpan.FromSeconds(1);

    /// <summary>Failures in a row before it is said: a partition that moves fails a few.</summary>
    private const int FailuresUntilFault = 8;

    private readonly Lock _gate = new();
    private readonly Signal _wake = new();
    private readonly Queue<(Ticket Ticket, byte[] Frames)> _waiting = new();
    private Task _running = Task.CompletedTask;
    private long _sequence;

    /// <summary>Why the partition does not take it, or null.</summary>
    public string? Fault { get; private set; }

    public void Start(CancellationToken stop) => _running = Task.Run(() => RunAsync(stop), CancellationToken.None);

    public void Add(Ticket ticket, byte[] frames)
    {
        lock (_gate) _waiting.Enqueue((ticket, frames));
        _wake.Set();
    }

    public async ValueTask DisposeAsync()
    {
        _wake.Set();
        await _running;
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await _wake.WaitAsync(Timeout.InfiniteTimeSpan);
                while (TryTake(out var tickets, out var frames))
                {
                    using (Spans.Start("append", ActivityKind.Producer, tickets.Select(ticket => ticket.Span?.Context ?? default))?.SetTag("bytes", frames.Length))
                    {
                        await SendAsync(new() { Door = door, Sequence = ++_sequence, Frames = frames }, stop);
                    }
                    sent(tickets, frames.Length);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // What is left was not acknowledged.
        }
    }

    private bool TryTake(out List<Ticket> tickets, out byte[] frames)
    {
        tickets = [];
        var parts = new List<byte[]>();
        var bytes = 0;
        lock (_gate)
        {
            while (bytes < AppendBytesMax && _waiting.TryDequeue(out var next))
            {
                tickets.Add(next.Ticket);
                parts.Add(next.Frames);
                bytes += next.Frames.Length;
            }
        }
        frames = parts.Count == 1 ? parts[0] : Join(parts, bytes);
        return parts.Count > 0;
    }

    private static byte[] Join(List<byte[]> parts, int bytes)
    {
        var joined = new byte[bytes];
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(joined, at);
            at += part.Length;
        }
        return joined;
    }

    private async Task SendAsync(WireAppend append, CancellationToken stop)
    {
        var delay = RetryFrom;
        for (var failures = 0; ; failures++)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                await partition.AppendAsync(append).WaitAsync(stop);
                Fault = null;
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                // A silo that died, a partition that moves, a database that is away: whoever has it next takes it, once.
                if (failures >= FailuresUntilFault) Fault = $"A partition of the journal does not answer: {e.Message} Nothing of it is acknowledged until it does; it is tried again by itself.";
            }
            await Task.Delay(delay, stop);
            delay = delay * 2 < RetryTo ? delay * 2 : RetryTo;
        }
    }
}
