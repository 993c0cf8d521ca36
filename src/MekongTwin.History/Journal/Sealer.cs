using System.Diagnostics;
using System.Runtime.InteropServices;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;

namespace MekongTwin.History.Journal;

/// <summary>
/// Seals the oldest stretch of the journal, one after the other: writes it beside, makes it durable, reads it back and holds it
/// against the raw blocks, gives it its name, and only then deletes what it stands for. A stop at any step leaves the raw blocks or
/// the seal; the next opening clears away the rest.
/// </summary>
/// <param name="files">The journal's.</param>
/// <param name="journal">The journal.</param>
/// <param name="index">Knows the stretches.</param>
/// <param name="applied">Gives the journal offset that the committed projection stands for.</param>
public sealed class Sealer(IJournalFiles files, JournalLog journal, ReadingIndex index, Func<long> applied)
{
    /// <summary>A seal, or a step of retention, that has not got its name yet.</summary>
    internal const string Unfinished = ".sealing";

    /// <summary>Segments that are never deleted: the one that is written, and the one before, should the newest turn out unfinished.</summary>
    private const int SegmentsKept = 2;

    /// <summary>Of its time it works at most one part in so many: the rest is for what comes in.</summary>
    private const int Rests = 4;

    /// <summary>With more than this waiting for the fold nothing is sealed: it would take the fold's time.</summary>
    private const long BusyBytes = 8 << 20;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(10);

    /// <summary>A stretch at work, and what is read back of its seal: kept for the next one, for they are tens of megabytes.</summary>
    private readonly ReadingsByPoint _readings = new();
    private byte[] _back = [];

    private string? _fault;

    /// <summary>Takes readings out of what is sealed when a city keeps them no longer; null where all are kept.</summary>
    public Retention? Retention { get; init; }

    /// <summary>Why nothing can be sealed, or null.</summary>
    public string? Fault => Volatile.Read(ref _fault) ?? Retention?.Fault;

    /// <summary>Seals what becomes old, until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                var began = Stopwatch.GetTimestamp();
                var isSealed = journal.UnappliedBytes < BusyBytes && TrySealNext(ct);
                if (Retention is not null && !isSealed && journal.UnappliedBytes < BusyBytes) isSealed = await Retention.TryStepAsync(ct);
                await Task.Delay(Fault is not null ? RetryDelay : isSealed ? (Rests - 1) * Stopwatch.GetElapsedTime(began) : LookEvery, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The program ends; the next one begins the stretch again.
        }
    }

    /// <summary>Seals the oldest stretch; false when there is none that is old enough, or it cannot be done: see <see cref="Fault"/>.</summary>
    public bool TrySealNext(CancellationToken ct)
    {
        var history = journal.Sealed;
        if (!index.TryFindSealable(Math.Min(applied(), journal.SealableOffset), out var end)) return false;
        var from = history.End;
        var name = Seal.NameFor(from, end);
        var unfinished = Path.ChangeExtension(name, Unfinished);
        try
        {
            Remove(unfinished);
            Write(unfinished, from, end, ct);
            Compare(unfinished, from, end, ct);
            // One that could not be made durable before.
            if (files.List(Seal.Extension).Contains(name)) files.Delete(name);
            files.Rename(unfinished, name);
            files.SyncDirectory();
            index.Seal(Seal.TryOpen(files, name, from, end) ?? throw Unlike(name));
            Clean(files, history);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JournalException or OutOfMemoryException)
        {
            Volatile.Write(ref _fault, $"The journal cannot be sealed from offset {from} on: {e.Message} Nothing is lost: it stays as it is, in more space, and is tried again.");
            return false;
        }
        Volatile.Write(ref _fault, null);
        return true;
    }

    /// <summary>Deletes what seals stand for, what was never finished, and more that is known to be of no use.</summary>
    internal static void Clean(IJournalFiles files, SealedHistory history, params IReadOnlyList<string> more)
    {
        var before = history.End;
        var segments = Segment.List(files);
        List<string> gone =
        [
            .. files.List(Unfinished),
            .. more,
            .. files.List(SortedRun.Extension).Where(name => SortedRun.TryParse(name, out var start) && start < before),
            .. segments.SkipLast(SegmentsKept).Where((_, i) => segments[i + 1].BaseOffset <= before).Select(static segment => segment.Name),
        ];
        if (gone.Count == 0) return;
        foreach (var name in gone) files.Delete(name);
        files.SyncDirectory();
    }

    private void Write(string name, long from, long end, CancellationToken ct)
    {
        using var writer = new SealWriter(files, name);
        _readings.Clear();
        var tallies = new Tallies();
        using (var reader = journal.Read(from)) Write(writer, reader, end, _readings, tallies, ct);
        using (var reader = journal.Read(from)) Put(_readings, reader, end, ct);
        writer.Add(_readings.Sort(), ct);
        writer.Finish(from, end, journal.Identity, tallies.ToArray());
    }

    /// <summary>Writes what is no reading, and counts the readings.</summary>
    private static void Write(SealWriter writer, JournalReader reader, long end, ReadingsByPoint readings, Tallies tallies, CancellationToken ct)
    {
        while (reader.TryRead(end, out var body))
        {
            ct.ThrowIfCancellationRequested();
            for (var place = 0; Frame.TryRead(ref body, out var frame); place++)
            {
                if (frame.Kind != FrameKind.Readings)
                {
                    writer.Add(reader.Block, place, frame);
                    continue;
                }
                var of = new ReadingsFrame(frame.Body);
                tallies.Add(of);
                readings.Count(of.Readings);
            }
        }
    }

    private static void Put(ReadingsByPoint readings, JournalReader reader, long end, CancellationToken ct)
    {
        while (reader.TryRead(end, out var body))
        {
            ct.ThrowIfCancellationRequested();
            while (Frame.TryRead(ref body, out var frame))
            {
                if (frame.Kind == FrameKind.Readings && new ReadingsFrame(frame.Body) is var of) readings.Put(of.Readings, of.Source);
            }
        }
    }

    /// <summary>
    /// Reads the seal as everybody will, and the raw blocks once more: the same frames, byte for byte, the same counts, and the same
    /// readings of the same sources, whatever their order.
    /// </summary>
    private void Compare(string name, long from, long end, CancellationToken ct)
    {
        var damage = new SealDamage();
        var seal = Seal.TryOpen(files, name, from, end) ?? throw Unlike(name);
        var (raw, back) = (new ReadingSum(), new ReadingSum());
        var tallies = new Tallies();
        using (var blocks = seal.ReadBlocks(from, damage).GetEnumerator())
        {
            using var reader = journal.Read(from);
            while (reader.TryRead(end, out var body))
            {
                ct.ThrowIfCancellationRequested();
                if (!TryCompare(body, reader.Block, blocks, ref raw, tallies)) throw Unlike(name);
            }
            if (blocks.MoveNext()) throw Unlike(name);
        }
        var length = seal.ReadFrames(ref _back, damage);
        ReadOnlySpan<byte> frames = _back.AsSpan(0, length);
        while (Frame.TryRead(ref frames, out var frame)) back.Add(new ReadingsFrame(frame.Body));
        if (damage.Count > 0 || raw != back || !tallies.ToArray().SequenceEqual(seal.Tallies)) throw Unlike(name);
    }

    /// <summary>Holds a raw block against the next kept one, if it has anything beside readings.</summary>
    private static bool TryCompare(ReadOnlySpan<byte> body, long offset, IEnumerator<KeptBlock> blocks, ref ReadingSum readings, Tallies tallies)
    {
        ReadOnlySpan<byte> kept = default;
        var isKept = false;
        var gaps = 0;
        while (Frame.TryRead(ref body, out var frame))
        {
            if (frame.Kind == FrameKind.Readings)
            {
                var of = new ReadingsFrame(frame.Body);
                readings.Add(of);
                tallies.Add(of);
                gaps++;
                continue;
            }
            if (!isKept)
            {
                if (!blocks.MoveNext() || blocks.Current.Offset != offset) return false;
                kept = blocks.Current.Body;
                isKept = true;
            }
            for (; gaps > 0; gaps--)
            {
                if (!Frame.TryRead(ref kept, out var gap) || gap.Kind != SealedFrames.Gap) return false;
            }
            if (!Frame.TryRead(ref kept, out var same) || same.Kind != frame.Kind || !same.Body.SequenceEqual(frame.Body)) return false;
        }
        return kept.IsEmpty;
    }

    private void Remove(string name)
    {
        if (files.List(Unfinished).Contains(name)) files.Delete(name);
    }

    private static JournalException Unlike(string name) => new($"{name} does not read back as what it stands for.");

    /// <summary>
    /// What readings add up to whatever their order: their number, and the sum of 128 bits mixed from each. Two lists that differ
    /// have the same with a chance of 2^-128.
    /// </summary>
    private record struct ReadingSum(long Count, UInt128 Sum)
    {
        public void Add(in ReadingsFrame frame)
        {
            var source = (ulong)(uint)frame.Source;
            foreach (ref readonly var reading in frame.Readings)
            {
                var rest = (ulong)(uint)reading.Point << 32 | (ulong)reading.Revision << 16 | (ulong)reading.Quality << 8 | (ulong)reading.Flags;
                var low = Mix(Mix(Mix(Mix(source) + (ulong)reading.TimeUs) + (ulong)reading.Value) + rest);
                var high = Mix(Mix(Mix(Mix(~source) ^ (ulong)reading.Value) ^ (ulong)reading.TimeUs) ^ rest);
                Sum += new UInt128(high, low);
                Count++;
            }
        }

        /// <summary>The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).</summary>
        private static ulong Mix(ulong value)
        {
            value += 0x9E3779B97F4A7C15;
            value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
            value = (value ^ value >> 27) * 0x94D049BB133111EB;
            return value ^ value >> 31;
        }
    }
}
