using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Readings;

/// <summary>One source's account in readings.</summary>
public sealed class LedgerLine
{
    private readonly long[] _refused = new long[Enum.GetValues<Refusal>().Length];

    /// <summary>Journalled: everything of this source that the journal holds.</summary>
    public long Journalled { get; set; }

    public long Stored { get; set; }

    public long Duplicate { get; set; }

    public long LastReceivedUs { get; set; }

    public long this[Refusal reason]
    {
        get => _refused[(int)reason];
        set => _refused[(int)reason] = value;
    }

    /// <summary>What was accounted for: at rest it equals what was received.</summary>
    public long Accounted => Stored + Duplicate + _refused.Sum();

    public LedgerLine Copy()
    {
        var copy = new LedgerLine { Journalled = Journalled, Stored = Stored, Duplicate = Duplicate, LastReceivedUs = LastReceivedUs };
        _refused.CopyTo(copy._refused, 0);
        return copy;
    }
}

/// <summary>
/// The conservation account: received = stored + duplicate + rejected + quarantined + pending, per source. It follows the
/// journal and repeats by replay. One tailer writes; <see cref="Snapshot"/> may be called from any thread.
/// </summary>
public sealed class Ledger
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, LedgerLine> _lines = [];
    private readonly HashSet<int> _changed = [];

    /// <summary>Changes a source's line.</summary>
    public void Book(int source, Action<LedgerLine> change)
    {
        lock (_gate)
        {
            if (!_lines.TryGetValue(source, out var line)) _lines[source] = line = new();
            change(line);
            _changed.Add(source);
        }
    }

    /// <summary>Books a slice of a batch by what became of its readings.</summary>
    public void Book(in BatchSlice slice, ReadOnlySpan<FoldOutcome> outcomes)
    {
        int stored = 0, duplicate = 0, faulted = 0;
        foreach (var outcome in outcomes)
        {
            if (outcome == FoldOutcome.Stored) stored++;
            else if (outcome == FoldOutcome.Duplicate) duplicate++;
            else faulted++;
        }
        var (count, receivedUs) = (slice.Count, slice.ReceivedUs);
        Book(slice.Source, line =>
        {
            line.Journalled += count;
            line.Stored += stored;
            line.Duplicate += duplicate;
            line[Refusal.TwinFaulted] += faulted;
            line.LastReceivedUs = Math.Max(line.LastReceivedUs, receivedUs);
        });
    }

    /// <summary>Books readings that were not admitted; a negative count takes them back.</summary>
    public void BookRefusal(int source, Refusal reason, long count) => Book(source, line =>
    {
        line.Journalled += count;
        line[reason] += count;
    });

    /// <summary>Readings that were set aside are folded now.</summary>
    public void Book(LateOutcome late) => Book(late.Source, line =>
    {
        line[Refusal.TwinFaulted] -= late.Count;
        if (late.Outcome == FoldOutcome.Stored) line.Stored += late.Count;
        else line.Duplicate += late.Count;
    });

    /// <summary>Copies of the lines that changed since <see cref="ForgetChanged"/>.</summary>
    public IReadOnlyList<(int Source, LedgerLine Line)> Changed
    {
        get
        {
            lock (_gate) return [.. _changed.Select(source => (source, _lines[source].Copy()))];
        }
    }

    /// <summary>What has changed so far is stored.</summary>
    public void ForgetChanged()
    {
        lock (_gate) _changed.Clear();
    }

    /// <summary>Copies of all lines by source number.</summary>
    public IReadOnlyDictionary<int, LedgerLine> Snapshot()
    {
        lock (_gate) return _lines.ToDictionary(pair => pair.Key, pair => pair.Value.Copy());
    }

    /// <summary>True for reasons whose readings are kept and can be taken in later.</summary>
    public static bool IsQuarantine(Refusal reason) => reason is >= Refusal.Undecodable and <= Refusal.AncientTime or Refusal.TwinFaulted;
}
