using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using MekongTwin.Ingest;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Silo.Mqtt;

/// <summary>
/// Acknowledges what has become durable, in the order received. A loop of its own waits for the journal, so that receiving
/// never does. Holds <paramref name="capacity"/> at most, which the receiving loop respects through <see cref="HasRoom"/>.
/// </summary>
internal sealed class SharedAcknowledger(ICommits commits, int capacity, Func<PendingAcknowledgement, Task> send) : IAcknowledgements
{
    private readonly Channel<PendingAcknowledgement> _waiting = Channel.CreateBounded<PendingAcknowledgement>(
        new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true });

    // The receiver must not go on inside the loop that sends what the receiver waits for.
    private readonly AsyncSignal _room = new(continueElsewhere: true);
    private readonly List<PendingAcknowledgement> _staged = [];
    private int _inFlight;

    /// <summary>Acknowledgements not sent yet. Any thread.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>True while another publish may be staged.</summary>
    public bool HasRoom => InFlight < capacity;

    public ReadOnlySpan<PendingAcknowledgement> Staged => CollectionsMarshal.AsSpan(_staged);

    public void Stage(PacketType type, ushort packetId, ReasonCode reason, long ticketFloor = long.MinValue)
    {
        _staged.Add(new(type, packetId, reason, ticketFloor, 0));
        Interlocked.Increment(ref _inFlight);
    }

    public void Publish(long ticket, long now)
    {
        MqttMeters.InFlight.Add(_staged.Count);
        foreach (var staged in _staged)
        {
            var written = _waiting.Writer.TryWrite(staged with { Ticket = Math.Max(ticket, staged.Ticket), Since = now });
            Debug.Assert(written, "More messages were staged than there is room for.");
        }
        _staged.Clear();
    }

    /// <summary>Completes when an acknowledgement was sent since the last call, or by <see cref="Wake"/>.</summary>
    public ValueTask WaitRoomAsync() => _room.WaitAsync();

    /// <summary>Ends a wait of the receiver.</summary>
    public void Wake() => _room.Set();

    /// <summary>Runs until cancelled or until nothing can be sent.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        await foreach (var pending in _waiting.Reader.ReadAllAsync(ct))
        {
            MqttMeters.InFlight.Add(-1);
            if (commits.Durable < pending.Ticket) await commits.WaitDurableAsync(pending.Ticket, ct);
            // Counted down before the bytes leave: the broker may use the room at once.
            Interlocked.Decrement(ref _inFlight);
            await send(pending);
            _room.Set();
        }
    }

    /// <summary>The connection is over: what was not sent never will be.</summary>
    public void Abandon() => MqttMeters.InFlight.Add(-_waiting.Reader.Count);
}
