namespace MekongTwin.History.Journal;

/// <summary>What a check of the journal found.</summary>
public sealed record JournalCheck(int Segments, long Blocks, long Bytes, long TornBytes, IReadOnlyList<string> Damage)
{
    /// <summary>Which journal it is and where it ends, when nothing is damaged.</summary>
    public JournalMark Mark { get; init; }

    /// <summary>Stretches that are sealed.</summary>
    public int Seals { get; init; }

    /// <summary>Readings in them, copies included.</summary>
    public long SealedReadings { get; init; }

    /// <summary>What the cities keep; null where no readings are gone.</summary>
    public Horizon? Horizon { get; init; }
}

/// <summary>Opening after a stop of any kind, and checking what is there.</summary>
public static class JournalRecovery
{
    /// <summary>The segment to append to, at its first offset that is free. It is of this program's format, so that an older program refuses it.</summary>
    internal static (Segment Segment, IJournalFile File, long Journal, long End) OpenLast(IJournalFiles files, JournalMark known, long sealedEnd)
    {
        var last = FindLast(files, known, sealedEnd);
        if (last.End < sealedEnd)
        {
            last.File.Dispose();
            throw new JournalException($"{last.Segment.Name}: the last segment, ends at journal offset {last.End}, but everything before {sealedEnd} was sealed. Nothing was changed. Restore the journal from a backup.");
        }
        if (Segment.ReadVersion(last.File) == JournalFormat.Version) return last;
        last.File.Dispose();
        var next = Segment.At(last.End);
        if (next.Name == last.Segment.Name) files.Delete(next.Name);
        return (next, CreateSegment(files, next, last.Journal), last.Journal, last.End);
    }

    private static (Segment Segment, IJournalFile File, long Journal, long End) FindLast(IJournalFiles files, JournalMark known, long sealedEnd)
    {
        if (FindLost(files, known) is { } lost) throw new JournalException($"{lost} Nothing was changed. Restore the journal from a backup; to go on with what is there, delete twin.db.");
        var segments = Segment.List(files).ToList();
        while (segments.Count > 0)
        {
            var last = segments[^1];
            var file = files.Open(last.Name);
            if (last.ReadJournal(file) is { } journal) return (last, file, journal, CutTorn(files, last, file, journal));
            // Created but never finished: nothing in it was acknowledged.
            var length = file.Length;
            file.Dispose();
            if (length > Segment.HeaderSize + Block.HeaderSize) throw new JournalException($"{last.Name}: its first bytes are not a journal's. Restore it from a backup, or move it away if it is not the journal's.");
            files.Delete(last.Name);
            files.SyncDirectory();
            segments.RemoveAt(segments.Count - 1);
        }
        if (sealedEnd > 0) throw new JournalException($"{Segment.At(sealedEnd).Name}: missing, and so is every other segment behind what is sealed. Nothing was changed. Restore the journal from a backup.");
        var first = Segment.At(0);
        var identity = Random.Shared.NextInt64(1, long.MaxValue);
        return (first, CreateSegment(files, first, identity), identity, 0);
    }

    internal static IJournalFile CreateSegment(IJournalFiles files, Segment segment, long journal)
    {
        var file = files.Create(segment.Name);
        try
        {
            file.Write(0, Segment.MakeHeader(segment.BaseOffset, journal));
            file.Sync();
            files.SyncDirectory();
            return file;
        }
        catch
        {
            file.Dispose();
            TryDelete(files, segment.Name);
            throw;
        }
    }

    /// <summary>
    /// A last block that does not check out may be torn or damaged: when others already stood for it, it was durable. Null when
    /// the journal is the one that is known and reaches as far.
    /// </summary>
    private static string? FindLost(IJournalFiles files, JournalMark known)
    {
        if (known.End == 0) return null;
        var end = 0L;
        var name = "journal";
        foreach (var segment in Segment.List(files).Reverse())
        {
            using var file = files.Open(segment.Name);
            name = segment.Name;
            if (segment.ReadJournal(file) is not { } journal) continue;
            if (known.Journal != 0 && journal != known.Journal) return $"{name}: belongs to another journal than the one that twin.db was made from.";
            end = Scan(segment, file, long.MaxValue).End;
            break;
        }
        return end >= known.End ? null : $"{name}: damaged or cut short at journal offset {end}, although it was durable up to {known.End}.";
    }

    /// <summary>
    /// Reads everything that is sealed, and every block of every segment. They must be of one journal, without a gap: the known one,
    /// durable as far as is known.
    /// </summary>
    public static JournalCheck Check(IJournalFiles files, JournalMark known = default)
    {
        var history = SealedHistory.Open(files);
        foreach (var seal in history.Seals) seal.Check(history.Damage);
        history.ReadSettled(null);
        var segments = Segment.List(files);
        var damage = new List<string>(history.Damage.Named);
        if (history.Damage.Count > damage.Count) damage.Add($"{history.Damage.Count - damage.Count} more places of sealed stretches are damaged");
        if (segments.Count > 0 && segments[0].BaseOffset > history.End) damage.Add($"{segments[0].Name}: the oldest segment, but what is sealed ends at journal offset {history.End}: what was between is missing");
        long blocks = 0, bytes = 0, torn = 0, first = 0;
        for (var i = 0; i < segments.Count; i++)
        {
            using var file = files.Open(segments[i].Name);
            var isLast = i == segments.Count - 1;
            if (segments[i].ReadJournal(file) is not { } journal)
            {
                damage.Add($"{segments[i].Name}: no header");
                continue;
            }
            if (first == 0) first = journal;
            if (journal != first) damage.Add($"{segments[i].Name}: belongs to another journal than the segments before it");
            var limit = isLast ? long.MaxValue : segments[i + 1].BaseOffset;
            var scan = Scan(segments[i], file, limit);
            blocks += scan.Blocks;
            bytes += scan.End - segments[i].BaseOffset;
            if (isLast) torn = file.Length - segments[i].Position(scan.End);
            if (scan.Error is { } error) damage.Add(error);
            else if (!isLast && scan.End != limit) damage.Add($"{segments[i].Name}: damaged at journal offset {scan.End}, {limit - scan.End} bytes before the next segment");
        }
        damage.AddRange(history.ForeignTo(first).Select(static name => $"{name}: belongs to another journal than the segments beside it"));
        var end = segments.Count > 0 ? segments[0].BaseOffset + bytes : 0;
        if (damage.Count == 0 && end < history.End) damage.Add($"{(segments.Count > 0 ? segments[^1].Name : "journal")}: ends at journal offset {end}, before what is sealed, at {history.End}");
        if (damage.Count == 0 && FindLost(files, known) is { } lost) damage.Add(lost);
        return new(segments.Count, blocks, bytes, torn, damage) { Mark = new(first, end), Seals = history.Count, SealedReadings = history.Readings, Horizon = history.Horizon };
    }

    private static long CutTorn(IJournalFiles files, Segment segment, IJournalFile file, long journal)
    {
        var scan = Scan(segment, file, long.MaxValue);
        if (scan.Error is { } error) throw new JournalException(error + " Nothing was changed. Run 'verify', restore the segment from a backup.");
        if (file.Length > segment.Position(scan.End)) file.Truncate(segment.Position(scan.End));
        MakeDurable(files, segment, file, journal, scan.End - scan.LastSize, scan.LastSize);
        return scan.End;
    }

    /// <summary>
    /// What is read here counts as durable from now on, but the process before may have ended in front of its sync, or after
    /// one that failed: then the last block is only in the page cache, marked clean, and no sync would write it. So it is
    /// written again, the same bytes over the same place, and everything is synced.
    /// </summary>
    private static void MakeDurable(IJournalFiles files, Segment segment, IJournalFile file, long journal, long lastAt, int lastSize)
    {
        if (lastSize == 0)
        {
            file.Write(0, Segment.MakeHeader(segment.BaseOffset, journal));
        }
        else
        {
            var block = new byte[lastSize];
            for (var filled = 0; filled < lastSize;)
            {
                var got = file.Read(segment.Position(lastAt) + filled, block.AsSpan(filled));
                if (got == 0) throw new IOException($"{segment.Name}: became shorter while it was read.");
                filled += got;
            }
            file.Write(segment.Position(lastAt), block);
        }
        file.Sync();
        files.SyncDirectory();
    }

    private static (long End, int LastSize, long Blocks, string? Error) Scan(Segment segment, IJournalFile file, long limit)
    {
        var buffer = new byte[64 << 10];
        long offset = segment.BaseOffset, blocks = 0;
        var last = 0;
        while (offset < limit && TryBlock(segment, file, offset, ref buffer, out var size))
        {
            offset += size;
            last = size;
            blocks++;
        }
        return (offset, last, blocks, limit == long.MaxValue ? FindBehind(segment, file, offset, ref buffer) : null);
    }

    private static bool TryBlock(Segment segment, IJournalFile file, long offset, ref byte[] buffer, out int size)
    {
        size = 0;
        var position = segment.Position(offset);
        var length = Block.BodyLength(buffer.AsSpan(0, file.Read(position, buffer.AsSpan(0, Block.HeaderSize))), offset);
        if (length < 0) return false;
        size = Block.HeaderSize + length;
        if (buffer.Length < size) Array.Resize(ref buffer, size);
        for (var filled = 0; filled < size;)
        {
            var got = file.Read(position + filled, buffer.AsSpan(filled, size - filled));
            if (got == 0) return false;
            filled += got;
        }
        return Block.IsIntact(buffer.AsSpan(0, size));
    }

    /// <summary>
    /// Only one block can be torn: an intact one behind a broken one means that durable bytes were damaged.
    /// </summary>
    private static string? FindBehind(Segment segment, IJournalFile file, long brokenAt, ref byte[] buffer)
    {
        var end = segment.BaseOffset + file.Length - Segment.HeaderSize;
        var window = new byte[1 << 16];
        for (var at = brokenAt + 1; at + Block.HeaderSize <= end;)
        {
            var got = file.Read(segment.Position(at), window);
            if (got < Block.HeaderSize) return null;
            var magic = window.AsSpan(0, got).IndexOf("MBLK"u8);
            if (magic < 0 || magic + Block.HeaderSize > got)
            {
                at += magic > 0 ? magic : got - 3;
                continue;
            }
            var candidate = at + magic;
            if (Block.ClaimedOffset(window.AsSpan(magic)) == candidate && TryBlock(segment, file, candidate, ref buffer, out _))
                return $"{segment.Name}: damaged at journal offset {brokenAt}, but intact again at {candidate}: this is not a torn write.";
            at = candidate + 1;
        }
        return null;
    }

    private static void TryDelete(IJournalFiles files, string name)
    {
        try
        {
            files.Delete(name);
        }
        catch (IOException)
        {
            // A segment without a header is deleted at the next opening.
        }
    }
}
