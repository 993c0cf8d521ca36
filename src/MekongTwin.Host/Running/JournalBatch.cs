using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Store;

namespace MekongTwin.Host.Running;

/// <summary>
/// What stands in a stretch of the journal, taken apart for one turn of the twins: readings and whose they are, what was
/// refused, and what goes into quarantine or leaves it. Made once and filled again and again.
/// </summary>
internal sealed class JournalBatch
{
    private readonly List<BatchSlice> _slices = [];
    private readonly List<(int Source, Refusal Reason, int Count)> _refusals = [];
    private readonly List<(object Entry, long Block)> _quarantine = [];
    private Reading[] _readings = new Reading[1024];

    /// <summary>Readings in it.</summary>
    public int Count { get; private set; }

    public ReadOnlyMemory<Reading> Readings => _readings.AsMemory(0, Count);

    public IReadOnlyList<BatchSlice> Slices => _slices;

    public void Clear()
    {
        Count = 0;
        _slices.Clear();
        _refusals.Clear();
        _quarantine.Clear();
    }

    /// <summary>Takes a frame in. False for one that says nothing about readings.</summary>
    public bool Take(in Frame frame, long block)
    {
        switch (frame.Kind)
        {
            case FrameKind.Readings:
                TakeReadings(new ReadingsFrame(frame.Body));
                return true;
            case FrameKind.Quarantine:
                _quarantine.Add((QuarantineEntry.Read(frame.Body), block));
                return true;
            case FrameKind.Release:
                _quarantine.Add((ReleaseEntry.Read(frame.Body), block));
                return true;
            case FrameKind.Discard:
                _quarantine.Add((DiscardEntry.Read(frame.Body), block));
                return true;
            default:
                return false;
        }
    }

    /// <summary>Books what became of it, in the journal's order: what leaves quarantine stands behind what it takes out.</summary>
    public void Book(Ledger ledger, IQuarantineBook quarantine, ReadOnlySpan<FoldOutcome> outcomes)
    {
        foreach (var slice in _slices) ledger.Book(slice, outcomes.Slice(slice.Start, slice.Count));
        foreach (var (source, reason, count) in _refusals) ledger.BookRefusal(source, reason, count);
        foreach (var (change, block) in _quarantine) Book(ledger, quarantine, change, block);
    }

    private static void Book(Ledger ledger, IQuarantineBook quarantine, object change, long block)
    {
        switch (change)
        {
            case QuarantineEntry entry:
                ledger.BookRefusal(entry.Source, entry.Reason, 1);
                ledger.Book(entry.Source, line => line.LastReceivedUs = Math.Max(line.LastReceivedUs, entry.ReceivedUs));
                quarantine.AddQuarantine(entry, block);
                break;
            case ReleaseEntry release:
                // Its readings were journalled again.
                ledger.BookRefusal(release.Source, release.Reason, -release.Count);
                quarantine.ReleaseQuarantine(release);
                break;
            case DiscardEntry discard:
                var count = quarantine.DiscardQuarantine(discard);
                ledger.Book(discard.Source, line =>
                {
                    line[discard.Reason] -= count;
                    line[Refusal.Discarded] += count;
                });
                break;
        }
    }

    private void TakeReadings(in ReadingsFrame frame)
    {
        var readings = frame.Readings;
        if (Count + readings.Length > _readings.Length) Array.Resize(ref _readings, Math.Max(Count + readings.Length, _readings.Length * 2));
        readings.CopyTo(_readings.AsSpan(Count));
        _slices.Add(new(frame.Source, frame.ReceivedUs, Count, readings.Length));
        Count += readings.Length;
        for (var i = 0; i < frame.RefusalCount; i++)
        {
            var (reason, count) = frame.RefusalAt(i);
            _refusals.Add((frame.Source, reason, count));
        }
    }
}
