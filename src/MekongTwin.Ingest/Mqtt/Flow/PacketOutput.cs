using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// The outgoing half of a connection. Replies, acknowledgements and subscriptions take turns: enter, write to
/// <see cref="Writer"/>, flush and leave. A turn lasts as long as the peer takes to make room, so turns are watched by
/// <see cref="BlockedSince"/>.
/// </summary>
internal sealed class PacketOutput(PipeWriter writer, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _blockedSince;
    private int _isEnding;

    /// <summary>Write to it only between <see cref="EnterAsync"/> and <see cref="LeaveAsync"/>.</summary>
    public PipeWriter Writer => writer;

    /// <summary>Timestamp since when a flush waits for the peer; zero when none does.</summary>
    public long BlockedSince => Volatile.Read(ref _blockedSince);

    public Task EnterAsync(CancellationToken ct) => _turn.WaitAsync(ct);

    /// <summary>Takes the turn if nobody has it.</summary>
    public bool TryEnter() => _turn.Wait(0, CancellationToken.None);

    /// <summary>Flushes and ends the turn. False: the peer reads no more.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> LeaveAsync()
    {
        try
        {
            ValueTask<FlushResult> flush = writer.FlushAsync();
            if (!flush.IsCompleted)
            {
                // Both sides write, then look: whichever comes second sees the other.
                Interlocked.Exchange(ref _blockedSince, Math.Max(1, time.GetTimestamp()));
                if (Volatile.Read(ref _isEnding) != 0)
                {
                    writer.CancelPendingFlush();
                }
            }

            FlushResult result = await flush;
            return !result.IsCompleted && !result.IsCanceled;
        }
        finally
        {
            Volatile.Write(ref _blockedSince, 0);
            _turn.Release();
        }
    }

    /// <summary>The connection ends: no turn waits for the peer any more, neither the present one nor later ones.</summary>
    public void End()
    {
        Interlocked.Exchange(ref _isEnding, 1);
        if (BlockedSince != 0)
        {
            writer.CancelPendingFlush();
        }
    }

    public void Dispose() => _turn.Dispose();
}
