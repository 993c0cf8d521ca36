using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;
using MekongTwin.History.Store;

namespace MekongTwin.Host.Running;

/// <summary>
/// Takes in what quarantine kept of a name that is mapped now: the entries are found in the journal, become readings of the
/// point and are journalled, together with the note that they left quarantine. What is held meanwhile is one append, whatever
/// quarantine holds.
/// </summary>
internal static class QuarantineRelease
{
    /// <summary>Readings in one append.</summary>
    private const int ChunkMax = 8192;

    /// <param name="journal">Where the entries are, and go.</param>
    /// <param name="group">The kind.</param>
    /// <param name="point">The point that its name is mapped to.</param>
    /// <param name="city">The point's city: what it would not keep leaves quarantine as expired.</param>
    /// <param name="nowUs">When this happens.</param>
    /// <param name="ct">Gives up between two appends.</param>
    /// <returns>Entries that became readings.</returns>
    public static async Task<int> RunAsync(IQuarantineJournal journal, QuarantineGroup group, Point point, City city, long nowUs, CancellationToken ct)
    {
        var kind = group.Kind;
        var places = new List<FramePlace>();
        var readings = new List<Reading>();
        var takenIn = 0;
        await foreach (var (place, entry) in ReadKeptAsync(journal, group, ct))
        {
            if (!TryConvert(entry, point, out var reading)) continue;
            places.Add(place);
            if (reading.TimeUs >= city.ReadingsFromUs(nowUs)) readings.Add(reading);
            if (places.Count == ChunkMax) await TakeInAsync();
        }
        if (places.Count > 0) await TakeInAsync();
        return takenIn;

        async Task TakeInAsync()
        {
            var release = new ReleaseEntry(kind.Source, kind.Reason, kind.Topic, kind.Name, [.. places]).ToFrame();
            await journal.TakeInAsync(MakeFrame(kind.Source, nowUs, [.. readings], places.Count - readings.Count), release, ct);
            takenIn += readings.Count;
            places.Clear();
            readings.Clear();
        }
    }

    /// <summary>Notes that somebody threw the kind away.</summary>
    public static Task DiscardAsync(IQuarantineJournal journal, QuarantineGroup group, CancellationToken ct) =>
        journal.AppendAsync(new DiscardEntry(group.Source, group.Reason, group.Topic, group.Name).ToFrame(), ct);

    /// <summary>Units of what the journal keeps of the kind, each once.</summary>
    public static async Task<IReadOnlySet<string>> UnitsAsync(IQuarantineJournal journal, QuarantineGroup group, CancellationToken ct)
    {
        var units = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var (_, entry) in ReadKeptAsync(journal, group, ct)) units.Add(entry.Unit);
        return units;
    }

    /// <summary>The kind's entries that are still kept, in the journal's order.</summary>
    private static async IAsyncEnumerable<(FramePlace Place, QuarantineEntry Entry)> ReadKeptAsync(
        IQuarantineJournal journal, QuarantineGroup group, [EnumeratorCancellation] CancellationToken ct)
    {
        var (gone, from) = await FindGoneAsync(journal, group.Kind, group.FirstOffset, ct);
        await foreach (var block in journal.ReadAsync(from.Block, ct))
        {
            foreach (var (place, entry) in EntriesOf(block, group.Kind))
            {
                if (place.Block == from.Block && place.Index < from.Index) continue;
                if (!await gone.ContainsAsync(place, ct)) yield return (place, entry);
            }
        }
    }

    private static List<(FramePlace Place, QuarantineEntry Entry)> EntriesOf(in JournalBlock block, QuarantineKind kind)
    {
        var entries = new List<(FramePlace, QuarantineEntry)>();
        var frames = block.Frames.Span;
        for (var index = 0; Frame.TryRead(ref frames, out var frame); index++)
        {
            if (frame.Kind != FrameKind.Quarantine) continue;
            var entry = QuarantineEntry.Read(frame.Body);
            if (new QuarantineKind(entry.Reason, entry.Source, entry.Topic, entry.Name) == kind) entries.Add((new(block.Offset, index), entry));
        }
        return entries;
    }

    /// <summary>What of the kind was taken in before, and from where on nothing was thrown away.</summary>
    private static async Task<(ReleasedPlaces Gone, FramePlace From)> FindGoneAsync(IQuarantineJournal journal, QuarantineKind kind, long firstOffset, CancellationToken ct)
    {
        var gone = new ReleasedPlaces(journal);
        var from = new FramePlace(firstOffset, 0);
        await foreach (var block in journal.ReadAsync(firstOffset, ct))
        {
            var frames = block.Frames.Span;
            for (var index = 0; Frame.TryRead(ref frames, out var frame); index++)
            {
                if (frame.Kind == FrameKind.Release && ReleaseEntry.Read(frame.Body) is var release && QuarantineKind.Of(release) == kind) gone.Add(release, new(block.Offset, index));
                if (frame.Kind == FrameKind.Discard && QuarantineKind.Of(DiscardEntry.Read(frame.Body)) == kind) from = new(block.Offset, index);
            }
        }
        return (gone, from);
    }

    private static bool TryConvert(QuarantineEntry entry, Point point, out Reading reading)
    {
        reading = default;
        var conversion = UnitConversion.None;
        if (entry.Unit.Length > 0 && (!UnitTable.TryFind(entry.Unit, out var unit) || !UnitConversion.TryBetween(unit, point.Unit, out conversion))) return false;
        if (!conversion.TryApply(entry.Mantissa, entry.Exponent, out var micro)) return false;
        var quality = micro < point.MinMicro || micro > point.MaxMicro ? Quality.Bad : entry.Quality;
        reading = new(entry.TimeUs, micro, point.Number, 0, quality, entry.Flags);
        return true;
    }

    private static byte[] MakeFrame(int source, long nowUs, Reading[] readings, int expired)
    {
        var refusals = expired > 0 ? 1 : 0;
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size + refusals * ReadingsFrame.RefusalSize];
        ReadingsFrame.WriteBodyHeader(body, source, readings.Length, nowUs, refusals);
        MemoryMarshal.AsBytes(readings.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        if (expired > 0) ReadingsFrame.WriteRefusal(body.AsSpan(^ReadingsFrame.RefusalSize..), Refusal.Expired, expired);
        return Frame.Make(FrameKind.Readings, body);
    }
}
