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
/// The sealed part of a journal: from its start up to an offset, stretch by stretch, and the steps of retention. A stretch that is
/// missing or damaged is noted, and stands here as empty: the rest is served. Grows while it is read; thread-safe.
/// </summary>
public sealed class SealedHistory
{
    private State _state;

    private SealedHistory(Seal[] seals, IReadOnlyList<HorizonFile> steps, IReadOnlyList<string> superfluous, SealDamage damage)
    {
        _state = new(seals, [.. steps]);
        Superfluous = superfluous;
        Damage = damage;
    }

    /// <summary>Everything before this journal offset is sealed.</summary>
    public long End => Seals is [.., var last] ? last.EndOffset : 0;

    /// <summary>Sealed stretches.</summary>
    public int Count => Seals.Count;

    /// <summary>Rises with every change.</summary>
    public int Changes => Current.Seals.Length + Current.Steps.Length;

    /// <summary>What was found damaged since the opening.</summary>
    public SealDamage Damage { get; }

    /// <summary>Readings in it, copies included.</summary>
    public long Readings => Seals.Sum(static seal => seal.Readings);

    /// <summary>The newest step of retention, or null before the first.</summary>
    public Horizon? Horizon => Current.Steps is [.., var last] ? last.Horizon : null;

    internal IReadOnlyList<Seal> Seals => Current.Seals;

    /// <summary>Files that no step of retention needs any more, or that one which never took place left behind, as of the opening.</summary>
    internal IReadOnlyList<string> Superfluous { get; }

    private State Current => Volatile.Read(ref _state);

    /// <summary>Opens what is there; reads only the directories.</summary>
    public static SealedHistory Open(IJournalFiles files)
    {
        var damage = new SealDamage();
        var steps = OpenSteps(files);
        var (seals, superfluous) = (new List<Seal>(), new List<string>());
        var at = 0L;
        foreach (var (start, end, names) in Stretches(files))
        {
            if (start < at)
            {
                foreach (var (_, overlapping) in names) damage.Add(overlapping, "overlaps with the stretch before it, and is left out");
                continue;
            }
            if (start > at) Miss(start);
            var (step, name) = names.LastOrDefault(each => each.Step <= steps.Count, names[^1]);
            if (step > steps.Count)
            {
                damage.Add(name, $"the step of retention that it is of is missing ({step:D6}-...{HorizonFile.Extension})");
                seals.Add(Seal.Unreadable(files, start, end));
            }
            else if (Seal.TryOpen(files, name, start, end) is { } seal)
            {
                seals.Add(seal);
                superfluous.AddRange(names.Where(each => each.Step != step).Select(static each => each.Name));
            }
            else
            {
                damage.Add(name, "all of it");
                seals.Add(Seal.Unreadable(files, start, end));
            }
            at = end;
        }
        return new([.. seals], steps, superfluous, damage);

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

    /// <summary>Hands out what stays of readings that are gone; for nothing reads it all the same. What is damaged is told and left out.</summary>
    public void ReadSettled(ISettledFacts? into)
    {
        foreach (var step in Current.Steps)
        {
            if (!step.TryRead(into)) Damage.Add(step.Name, "facts of readings that are gone");
        }
    }

    /// <summary>Refuses seals and steps of another journal.</summary>
    public void RequireJournal(long journal)
    {
        if (ForeignTo(journal).FirstOrDefault() is { } foreign)
            throw new JournalException($"{foreign}: belongs to another journal than the segments beside it. Move it away, or restore the journal from a backup.");
    }

    /// <summary>Names of what belongs to another journal.</summary>
    internal IEnumerable<string> ForeignTo(long journal) =>
        Seals.Where(seal => seal.Journal != 0 && seal.Journal != journal).Select(static seal => seal.Name).Concat(Current.Steps.Where(step => step.Journal != journal).Select(static step => step.Name));

    /// <summary>The step of retention that what stands at a raw offset is held against, or null.</summary>
    internal Horizon? HorizonAt(long offset)
    {
        var steps = Current.Steps;
        for (var i = steps.Length - 1; i >= 0; i--)
        {
            if (steps[i].Horizon.Offset <= offset) return steps[i].Horizon;
        }
        return null;
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
        Volatile.Write(ref _state, Current with { Seals = [.. Current.Seals, seal] });
    }

    /// <summary>A step of retention took place: seals without what is gone are in the place of those that had it. Called by the one sealer.</summary>
    internal void Advance(HorizonFile step, IReadOnlyDictionary<Seal, Seal> replaced)
    {
        Volatile.Write(ref _state, new([.. Current.Seals.Select(seal => replaced.GetValueOrDefault(seal, seal))], [.. Current.Steps, step]));
        foreach (var seal in replaced.Keys) seal.Replace();
    }

    private static List<HorizonFile> OpenSteps(IJournalFiles files)
    {
        var steps = new List<HorizonFile>();
        foreach (var name in files.List(HorizonFile.Extension))
        {
            if (!HorizonFile.TryParse(name, out var step, out var offset)) throw new JournalException($"{name}: not the name of a step of retention. Move it out of the journal directory.");
            if (step != steps.Count + 1) throw new JournalException($"{HorizonFile.NameFor(steps.Count + 1, 0)[..6]}-...{HorizonFile.Extension}: missing before {name}. Restore it from a backup.");
            steps.Add(HorizonFile.TryOpen(files, name, step, offset) ?? throw new JournalException($"{name}: damaged: what the cities keep cannot be read. Restore it from a backup."));
        }
        return steps;
    }

    /// <summary>Sealed stretches in their order, each with the names of its seals by their step.</summary>
    private static IEnumerable<(long Start, long End, List<(int Step, string Name)> Names)> Stretches(IJournalFiles files) => files.List(Seal.Extension)
        .Select(static name => Seal.TryParse(name, out var start, out var end, out var step) ? (start, end, step, name) : throw new JournalException($"{name}: not a sealed stretch's name. Move it out of the journal directory."))
        .GroupBy(static each => (each.start, each.end)).OrderBy(static stretch => stretch.Key)
        .Select(static stretch => (stretch.Key.start, stretch.Key.end, stretch.Select(static each => (each.step, each.name)).Order().ToList()));

    private sealed record State(Seal[] Seals, HorizonFile[] Steps);
}
