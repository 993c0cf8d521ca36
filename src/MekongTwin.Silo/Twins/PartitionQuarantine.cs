using MekongTwin.Domain.Journal;
using MekongTwin.History.Store;
using MekongTwin.Silo.Storage;

namespace MekongTwin.Silo.Twins;

/// <summary>A partition's account of quarantine, on its way to the database.</summary>
internal sealed class PartitionQuarantine : IQuarantineBook
{
    private readonly QuarantineKinds _kinds = new();
    private readonly Dictionary<QuarantineKind, QuarantineChange> _changes = [];

    public int Changes => _changes.Count;

    public void Load(IEnumerable<(QuarantineKind Kind, long Count)> stored)
    {
        foreach (var (kind, count) in stored) _kinds.Add(kind, count);
    }

    public void AddQuarantine(QuarantineEntry entry, long offset)
    {
        var change = ChangeOf(_kinds.Add(entry), offset);
        change.Count++;
        change.FirstUs = Math.Min(change.FirstUs, entry.ReceivedUs);
        if (entry.ReceivedUs < change.LastUs) return;
        (change.LastUs, change.Sample, change.SampleTimeUs) = (entry.ReceivedUs, QuarantineKinds.SampleOf(entry), entry.TimeUs);
    }

    public void ReleaseQuarantine(ReleaseEntry release)
    {
        var (own, others) = _kinds.Release(release);
        TakeOut(QuarantineKind.Of(release), own);
        TakeOut(QuarantineKind.Others(release.Reason, release.Source), others);
    }

    public long DiscardQuarantine(DiscardEntry discard)
    {
        var count = _kinds.Discard(discard);
        TakeOut(QuarantineKind.Of(discard), count);
        return count;
    }

    public void TakeInto(FactsChange change)
    {
        change.Quarantine.AddRange(_changes.Values);
        _changes.Clear();
    }

    private void TakeOut(QuarantineKind kind, long count)
    {
        if (count > 0) ChangeOf(kind, long.MaxValue).Count -= count;
    }

    private QuarantineChange ChangeOf(QuarantineKind kind, long offset)
    {
        if (!_changes.TryGetValue(kind, out var change)) _changes[kind] = change = new(kind.Reason, kind.Source, kind.Topic, kind.Name) { FirstOffset = offset };
        return change;
    }
}
