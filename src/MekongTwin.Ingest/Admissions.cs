using System.Collections.Concurrent;
using MekongTwin.Domain.Access;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Ingest.Routing;

namespace MekongTwin.Ingest;

/// <summary>Bounds of admission.</summary>
public sealed record AdmissionOptions
{
    /// <summary>Readings dated further ahead than this are kept in quarantine, not believed.</summary>
    public TimeSpan FutureTolerance { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Readings older than this are rejected as expired, where their city does not say how long it keeps them.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Most sources with a ledger line of their own; the rest share one.</summary>
    public int SourcesMax { get; init; } = 4096;
}

/// <summary>
/// Admission: every payload is decoded, stamped, checked and mapped once, here, and journalled. Thread-safe; each
/// connection opens its own <see cref="ISource"/>.
/// </summary>
public sealed class Admissions : IAdmissions
{
    /// <summary>Readings dated before this are no reading's time.</summary>
    internal static readonly long AncientUs = Instant.From(new DateTimeOffset(2010, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private const string OthersName = "(others)";

    private readonly IJournalWriter _journal;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, DoorCount> _counts = new();
    private readonly ConcurrentDictionary<int, byte[]> _unwrittenNames = new();
    private RouteTable _table;
    private int _lastNumber;

    /// <param name="journal">Where frames go.</param>
    /// <param name="commits">The journal's progress.</param>
    /// <param name="clock">The one clock; receive times come from it.</param>
    /// <param name="model">The model to begin with.</param>
    /// <param name="sources">Sources known from the journal.</param>
    /// <param name="options">Bounds.</param>
    public Admissions(IJournalWriter journal, ICommits commits, TimeProvider clock, Model model, IReadOnlyDictionary<int, string> sources, AdmissionOptions options)
    {
        _journal = journal;
        Commits = commits;
        Clock = clock;
        Options = options;
        _table = new RouteTable(model, 1);
        foreach (var (number, name) in sources)
        {
            _numbers[name] = number;
            _lastNumber = Math.Max(_lastNumber, number);
        }
    }

    public ICommits Commits { get; }

    internal RouteTable Table => Volatile.Read(ref _table);

    internal TimeProvider Clock { get; }

    internal AdmissionOptions Options { get; }

    internal IJournalWriter Journal => _journal;

    internal long FutureToleranceUs => Options.FutureTolerance.Ticks / TimeSpan.TicksPerMicrosecond;

    internal long RetentionUs => Options.Retention.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Takes over a new model: sources use it from their next batch on.</summary>
    public void SetModel(Model model)
    {
        lock (_gate) Volatile.Write(ref _table, new RouteTable(model, _table.Version + 1));
    }

    /// <summary>Readings received at the doors since the start, by source; what is not yet in the journal included.</summary>
    public IReadOnlyDictionary<int, long> Received => _counts.ToDictionary(pair => pair.Key, pair => Volatile.Read(ref pair.Value.Received));

    public ISource Open(string name, Principal principal)
    {
        return new Source(this, name, principal);
    }

    /// <summary>Gives a source its line of the ledger, at its first message: a connection that sends nothing has none.</summary>
    internal (int Number, DoorCount Count) Register(string name)
    {
        lock (_gate)
        {
            var number = NumberOf(name, out var nameFrame);
            // Readings of a source follow its name in the journal. Without room for it now it goes ahead of the first batch.
            if (nameFrame.Length > 0 && !_journal.TryAppend(nameFrame, urgent: false, out _)) _unwrittenNames[number] = nameFrame;
            return (number, _counts.GetOrAdd(number, static _ => new()));
        }
    }

    /// <summary>The name frame that the journal has not taken yet, or null: whoever takes it appends it or keeps it again.</summary>
    internal byte[]? TakeUnwrittenName(int number) => !_unwrittenNames.IsEmpty && _unwrittenNames.TryRemove(number, out var frame) ? frame : null;

    internal void KeepUnwrittenName(int number, byte[] frame) => _unwrittenNames[number] = frame;

    private int NumberOf(string name, out byte[] nameFrame)
    {
        nameFrame = [];
        if (_numbers.TryGetValue(name, out var number)) return number;
        if (_numbers.Count >= Options.SourcesMax && name != OthersName) return NumberOf(OthersName, out nameFrame);
        number = ++_lastNumber;
        _numbers[name] = number;
        nameFrame = SourceFrame.Make(number, name);
        return number;
    }

    internal sealed class DoorCount
    {
        public long Received;
    }
}
