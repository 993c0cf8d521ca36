using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Doors;

/// <summary>
/// What a silo's doors have for one partition: one append under way, numbered; what comes meanwhile goes together in the next
/// one. Thread-safe.
/// </summary>
internal sealed class Lane(int partition, long door)
{
    /// <summary>Bytes in one append, about.</summary>
    private const int AppendBytesMax = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Queue<(Ticket Ticket, byte[] Frames)> _waiting = new();
    private bool _isUnderWay;
    private long _sequence;

    /// <summary>Why the partition does not take it, or null.</summary>
    public string? Fault { get; set; }

    /// <summary>Takes frames in; gives the append that is to be sent now, if none is under way.</summary>
    public Parcel? Add(Ticket ticket, byte[] frames)
    {
        lock (_gate)
        {
            _waiting.Enqueue((ticket, frames));
            return _isUnderWay ? null : Take();
        }
    }

    /// <summary>The append under way is durable; gives the one that follows it.</summary>
    public Parcel? Next()
    {
        lock (_gate) return Take();
    }

    private Parcel? Take()
    {
        _isUnderWay = _waiting.Count > 0;
        if (!_isUnderWay) return null;
        var tickets = new List<Ticket>();
        var parts = new List<byte[]>();
        for (var bytes = 0; bytes < AppendBytesMax && _waiting.TryDequeue(out var next); bytes += next.Frames.Length)
        {
            tickets.Add(next.Ticket);
            parts.Add(next.Frames);
        }
        return new(this, new() { Partition = partition, Door = door, Sequence = ++_sequence, Frames = Packed.Join(parts) }, tickets);
    }
}

/// <summary>An append on its way, and the tickets that it has a share of.</summary>
internal sealed record Parcel(Lane Lane, WireAppend Append, IReadOnlyList<Ticket> Tickets);
