using System.Diagnostics.CodeAnalysis;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// Acknowledges what has become durable, all that is due in one write. The read loop stages and publishes; a loop of its
/// own waits for the journal, so that reading never does. Bounded by <c>capacity</c>, which the read loop
/// respects through <see cref="HasRoom"/>.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The connection owns and disposes the output.")]
internal sealed class Acknowledger(PacketOutput output, ICommits commits, ProtocolVersion version, int capacity)
    : IAcknowledgements
{
    private readonly Lock _lock = new();
    private readonly AsyncSignal _work = new(continueElsewhere: false);

    // The reader must not go on inside the loop that sends what the reader waits for.
    private readonly AsyncSignal _room = new(continueElsewhere: true);
    private PendingAcknowledgement[] _staged = new PendingAcknowledgement[4];
    private PendingAcknowledgement[] _ring = new PendingAcknowledgement[4];
    private int _head;
    private int _count;
    private int _stagedCount;
    private int _inFlight;
    private int _finals;

    /// <summary>Acknowledgements not sent yet. Any thread.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Those of them that free their packet identifier when sent.</summary>
    public int FinalInFlight => Volatile.Read(ref _finals);

    /// <summary>True while another publish may be staged.</summary>
    public bool HasRoom => InFlight < capacity;

    /// <summary>What has been staged since the last <see cref="Publish"/>. Read loop only.</summary>
    public ReadOnlySpan<PendingAcknowledgement> Staged => _staged.AsSpan(0, _stagedCount);

    /// <summary>When the oldest unsent acknowledgement was staged; null when there is none. Any thread.</summary>
    public long? OldestSince
    {
        get
        {
            lock (_lock)
            {
                return _count == 0 ? null : _ring[_head].Since;
            }
        }
    }

    /// <summary>Remembers an acknowledgement for the batch under way; <paramref name="ticketFloor"/> is an older batch it also waits for.</summary>
    public void Stage(PacketType type, ushort packetId, ReasonCode reason, long ticketFloor = long.MinValue)
    {
        if (_stagedCount == _staged.Length)
        {
            Array.Resize(ref _staged, _staged.Length * 2);
        }

        PendingAcknowledgement pending = new(type, packetId, reason, ticketFloor, 0);
        _staged[_stagedCount++] = pending;
        Interlocked.Increment(ref _inFlight);
        if (pending.IsFinal)
        {
            Interlocked.Increment(ref _finals);
        }
    }

    /// <summary>The batch was handed to the journal under <paramref name="ticket"/>: its acknowledgements may follow.</summary>
    public void Publish(long ticket, long now)
    {
        if (_stagedCount == 0)
        {
            return;
        }

        lock (_lock)
        {
            foreach (PendingAcknowledgement staged in Staged)
            {
                Enqueue(staged with { Ticket = Math.Max(ticket, staged.Ticket), Since = now });
            }
        }

        MqttMeters.InFlight.Add(_stagedCount);
        _stagedCount = 0;
        _work.Set();
    }

    /// <summary>Completes when an acknowledgement was sent since the last call, or at cancellation of the loop.</summary>
    public ValueTask WaitRoomAsync() => _room.WaitAsync();

    /// <summary>Ends a wait of the loop or of the reader.</summary>
    public void Wake()
    {
        _work.Set();
        _room.Set();
    }

    /// <summary>Runs until cancelled or until the peer reads no more.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await _work.WaitAsync();
            while (TryPeekTicket(out long ticket))
            {
                if (commits.Durable < ticket)
                {
                    await commits.WaitDurableAsync(ticket, ct);
                }

                await output.EnterAsync(ct);
                WriteDue(Math.Max(ticket, commits.Durable));
                bool alive = await output.LeaveAsync();
                _room.Set();
                if (!alive)
                {
                    return;
                }
            }
        }
    }

    /// <summary>The connection is over: what was not sent never will be.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            MqttMeters.InFlight.Add(-_count);
            _count = 0;
        }
    }

    private void Enqueue(PendingAcknowledgement pending)
    {
        if (_count == _ring.Length)
        {
            PendingAcknowledgement[] larger = new PendingAcknowledgement[_ring.Length * 2];
            for (int index = 0; index < _count; index++)
            {
                larger[index] = _ring[(_head + index) & (_ring.Length - 1)];
            }

            _ring = larger;
            _head = 0;
        }

        _ring[(_head + _count++) & (_ring.Length - 1)] = pending;
    }

    private bool TryPeekTicket(out long ticket)
    {
        lock (_lock)
        {
            ticket = _count == 0 ? 0 : _ring[_head].Ticket;
            return _count > 0;
        }
    }

    private void WriteDue(long durable)
    {
        lock (_lock)
        {
            Span<byte> span = output.Writer.GetSpan(Math.Min(_count * AcknowledgementLayout.MaxSize, 4096));
            int written = 0;
            int waiting = _count;
            while (_count > 0 && _ring[_head].Ticket <= durable && span.Length - written >= AcknowledgementLayout.MaxSize)
            {
                PendingAcknowledgement due = _ring[_head];
                _head = (_head + 1) & (_ring.Length - 1);
                _count--;

                // Counted down before the bytes leave: the peer may use the room at once.
                Interlocked.Decrement(ref _inFlight);
                if (due.IsFinal)
                {
                    Interlocked.Decrement(ref _finals);
                }

                written += AcknowledgementLayout.Write(span[written..], version, due.Type, due.PacketId, due.Reason);
            }

            output.Writer.Advance(written);
            MqttMeters.InFlight.Add(_count - waiting);
        }
    }
}
