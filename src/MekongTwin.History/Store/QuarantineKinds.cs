using System.Text;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Units;

namespace MekongTwin.History.Store;

/// <summary>What tells things in quarantine apart.</summary>
public readonly record struct QuarantineKind(Refusal Reason, int Source, string Topic, string Name)
{
    /// <summary>A source's further kinds, counted together.</summary>
    public static QuarantineKind Others(Refusal reason, int source) => new(reason, source, QuarantineGroup.OthersTopic, "");

    public static QuarantineKind Of(ReleaseEntry release) => new(release.Reason, release.Source, release.Topic, release.Name);

    public static QuarantineKind Of(DiscardEntry discard) => new(discard.Reason, discard.Source, discard.Topic, discard.Name);
}

/// <summary>Keeps account of quarantine while the journal is folded.</summary>
public interface IQuarantineBook
{
    /// <summary>Counts one thing in quarantine, which stands at a journal offset.</summary>
    void AddQuarantine(QuarantineEntry entry, long offset);

    /// <summary>Takes readings out of a kind, and what it did not hold out of the source's others; an empty kind is forgotten.</summary>
    void ReleaseQuarantine(ReleaseEntry release);

    /// <summary>Throws a kind away; gives how many readings it held.</summary>
    long DiscardQuarantine(DiscardEntry discard);
}

/// <summary>The kinds of things in quarantine, bounded: a source's further ones share one kind per reason.</summary>
public sealed class QuarantineKinds
{
    /// <summary>Most kinds that are told apart in all.</summary>
    public const int Max = 10_000;

    /// <summary>Most kinds of one source: one that sends ever new topics does not push out the others.</summary>
    public const int PerSourceMax = 1_000;

    private readonly Dictionary<QuarantineKind, long> _counts = [];
    private readonly Dictionary<int, int> _kindsOfSource = [];

    /// <summary>Counts one thing; gives the kind that it is counted under.</summary>
    public QuarantineKind Add(QuarantineEntry entry)
    {
        var kind = new QuarantineKind(entry.Reason, entry.Source, entry.Topic, entry.Name);
        if (!_counts.ContainsKey(kind) && !HasRoom(entry.Source)) kind = QuarantineKind.Others(entry.Reason, entry.Source);
        Add(kind, 1);
        return kind;
    }

    /// <summary>Counts what is stored, at start-up.</summary>
    public void Add(QuarantineKind kind, long count)
    {
        if (_counts.TryAdd(kind, 0)) _kindsOfSource[kind.Source] = _kindsOfSource.GetValueOrDefault(kind.Source) + 1;
        if ((_counts[kind] += count) > 0) return;
        _counts.Remove(kind);
        _kindsOfSource[kind.Source]--;
    }

    /// <summary>Takes a release out; gives how many were of its own kind and how many of the source's others.</summary>
    public (long Own, long Others) Release(ReleaseEntry release)
    {
        var (kind, others) = (QuarantineKind.Of(release), QuarantineKind.Others(release.Reason, release.Source));
        var own = Math.Min(release.Count, _counts.GetValueOrDefault(kind));
        var rest = Math.Min(release.Count - own, _counts.GetValueOrDefault(others));
        if (own > 0) Add(kind, -own);
        if (rest > 0) Add(others, -rest);
        return (own, rest);
    }

    /// <summary>Takes all of a kind out; gives how many that were.</summary>
    public long Discard(DiscardEntry discard)
    {
        var count = _counts.GetValueOrDefault(QuarantineKind.Of(discard));
        if (count > 0) Add(QuarantineKind.Of(discard), -count);
        return count;
    }

    public void Clear()
    {
        _counts.Clear();
        _kindsOfSource.Clear();
    }

    /// <summary>What is shown of an entry: the beginning of its payload, or its value.</summary>
    public static byte[] SampleOf(QuarantineEntry entry) => entry.Payload.Length > 0
        ? entry.Payload.AsSpan(0, Math.Min(entry.Payload.Length, QuarantineEntry.SampleMax)).ToArray()
        : Encoding.UTF8.GetBytes($"{FixedPoint.ToText(entry.Mantissa, entry.Exponent)} {entry.Unit}".TrimEnd());

    private bool HasRoom(int source) => _counts.Count < Max && _kindsOfSource.GetValueOrDefault(source) < PerSourceMax;
}
