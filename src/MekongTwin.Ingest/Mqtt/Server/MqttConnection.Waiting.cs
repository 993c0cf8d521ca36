using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// Waiting for the journal. No packet is taken meanwhile, but pings among what arrives are answered ahead of their turn: a
/// client is not to give up its connection, and everybody theirs at once, because a disk is full.
/// </summary>
internal sealed partial class MqttConnection
{
    /// <summary>How far ahead pings are looked for; then the socket is left alone.</summary>
    private const int LookAheadBytes = 64 * 1024;

    /// <summary>Pings answered ahead whose packets are still to come.</summary>
    private int _pingsAnsweredAhead;

    /// <summary>True while the pipe holds packets it has shown: it does not show them again by itself.</summary>
    private bool _hasLookedAhead;

    /// <summary>The keep-alive starts anew after a wait.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ValueTask wait)
    {
        if (wait.IsCompleted)
        {
            await wait;
            return;
        }

        await WaitAnsweringPingsAsync(wait.AsTask());
        Volatile.Write(ref _lastPacket, _time.GetTimestamp());
    }

    /// <summary>What has arrived, packets that were only looked at included.</summary>
    private ValueTask<ReadResult> ReadMoreAsync()
    {
        if (_hasLookedAhead)
        {
            _input.CancelPendingRead();
        }

        return _input.ReadAsync();
    }

    private async ValueTask WaitForRoomAsync()
    {
        while (!_acknowledger!.HasRoom && !_closing.IsCancellationRequested)
        {
            await _acknowledger.WaitRoomAsync();
        }
    }

    private async Task WaitAnsweringPingsAsync(Task wait)
    {
        _ = wait.ContinueWith(
            static (_, input) => ((PipeReader)input!).CancelPendingRead(), _input, CancellationToken.None,
            TaskContinuationOptions.None, TaskScheduler.Default);
        long scanned = 0;
        bool looking = true;
        while (looking && !wait.IsCompleted)
        {
            ReadResult read = await _input.ReadAsync();
            looking = !_closing.IsCancellationRequested && !read.IsCompleted && read.Buffer.Length < LookAheadBytes
                && TryAnswerPings(read.Buffer, ref scanned);
            _input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            _hasLookedAhead = true;
            if (_replies.WrittenCount > 0)
            {
                await SendRepliesAsync();
            }
        }

        await wait;
    }

    /// <summary>False: what follows is not sound, or too large; it is judged when its turn comes.</summary>
    private bool TryAnswerPings(ReadOnlySequence<byte> buffer, ref long scanned)
    {
        Span<byte> front = stackalloc byte[FixedHeader.MaxLength];
        try
        {
            while (true)
            {
                ReadOnlySequence<byte> start = buffer.Slice(scanned, Math.Min(FixedHeader.MaxLength, buffer.Length - scanned));
                start.CopyTo(front);
                if (!FixedHeader.TryRead(front[..(int)start.Length], out FixedHeader header))
                {
                    return true;
                }

                if (header.Size > _splitter.MaximumPacketSize)
                {
                    return false;
                }

                if (scanned + header.Size > buffer.Length)
                {
                    return true;
                }

                if (header is { First: (byte)PacketType.PingReq << 4, RemainingLength: 0 })
                {
                    ServerPackets.PingResp(_replies);
                    _pingsAnsweredAhead++;
                }

                scanned += header.Size;
            }
        }
        catch (MalformedPacketException)
        {
            return false;
        }
    }
}
