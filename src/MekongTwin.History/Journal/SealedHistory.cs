namespace MekongTwin.History.Journal;

/// <summary>What was found damaged in sealed stretches, each thing once. Thread-safe.</summary>
public sealed class SealDamage
{
    /// <summary>More things than these are counted only.</summary>
    public const int NamedMax = 100;

    private readonly Lock _gate = new();
    private readonly SortedSet<string> _named = new(StringComparer.Ordinal);
    private long _count;

    /// <summary>How many things are damaged, as far as anybody came across them.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>The first of them: file and what in it.</summary>
    public IReadOnlyList<string> Named
    {
        get
        {
            lock (_gate) return [.. _named];
        }
    }

    /// <summary>Notes that something in a file is damaged.</summary>
    public void Add(string name, string what)
    {
        lock (_gate)
        {
            var text = $"{name}: damaged: {what}";
            if (_named.Contains(text)) return;
            _count++;
            if (_named.Count < NamedMax) _named.Add(text);
        }
    }
}

/// <summary>
/// The sealed part of a journal: from its start up to an offset, stretch by stretch. A stretch that is missing or damaged is
/// noted, and stands here as empty: the rest is served. Grows while it is read; thread-safe.
/// </summary>
public sealed class SealedHistory
{
    private Seal[] _seals;

    private SealedHistory(Seal[] seals, SealDamage damage)
    {
        _seals = seals;
        Damage = damage;
    }

    /// <summary>Everything before this journal offset is sealed.</summary>
    public long End => Seals is [.., var last] ? last.EndOffset : 0;

    /// <summary>Sealed stretches.</summary>
    public int Count => Seals.Count;

    /// <summary>What was found damaged since the opening.</summary>
    public SealDamage Damage { get; }

    /// <summary>Readings in it, copies included.</summary>
    public long Readings => Seals.Sum(static seal => seal.Readings);

    internal IReadOnlyList<Seal> Seals => Volatile.Read(ref _seals);

    /// <summary>Opens what is there; reads only the directories.</summary>
    public static SealedHistory Open(IJournalFiles files)
    {
        var damage = new SealDamage();
        var seals = new List<Seal>();
        var at = 0L;
        foreach (var name in files.List(Seal.Extension))
        {
            if (!Seal.TryParse(name, out var start, out var end)) throw new JournalException($"{name}: not a sealed stretch's name. Move it out of the journal directory.");
            if (start < at)
            {
                damage.Add(name, "overlaps with the stretch before it, and is left out");
                continue;
            }
            if (start > at) Miss(start);
            if (Seal.TryOpen(files, name, start, end) is { } seal)
            {
                seals.Add(seal);
            }
            else
            {
                damage.Add(name, "all of it");
                seals.Add(Seal.Unreadable(files, start, end));
            }
            at = end;
        }
        return new([.. seals], damage);

        void Miss(long to)
        {
            damage.Add(Seal.NameFor(at, to), "missing");
            seals.Add(Seal.Unreadable(files, at, to));
        }
    }

    /// <summary>What the stretches from an offset on hold of each source.</summary>
    public IEnumerable<SourceTally> TalliesFrom(long offset) => Seals.Where(seal => seal.BaseOffset >= offset).SelectMany(static seal => seal.Tallies);

    /// <summary>True when the offset lies in a sealed stretch and not at its beginning: nothing can go on from there.</summary>
    public bool IsWithin(long offset) => Find(offset) is { } seal && seal.BaseOffset != offset;

    /// <summary>Refuses seals of another journal.</summary>
    public void RequireJournal(long journal)
    {
        if (Seals.FirstOrDefault(seal => seal.Journal != 0 && seal.Journal != journal) is { } foreign)
            throw new JournalException($"{foreign.Name}: belongs to another journal than the segments beside it. Move it away, or restore the journal from a backup.");
    }

    /// <summary>The stretch that an offset lies in, or null behind the sealed part.</summary>
    internal Seal? Find(long offset)
    {
        var seals = Seals;
        var (low, high) = (0, seals.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (seals[middle].EndOffset <= offset) low = middle + 1;
            else high = middle;
        }
        return low < seals.Count ? seals[low] : null;
    }

    /// <summary>One stretch more is sealed; called by the one sealer.</summary>
    internal void Add(Seal seal)
    {
        if (seal.BaseOffset != End) throw new ArgumentException($"A stretch from {seal.BaseOffset}, where everything before {End} is sealed.", nameof(seal));
        Volatile.Write(ref _seals, [.. _seals, seal]);
    }
}
