using System.Runtime.InteropServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;
using MekongTwin.History.Journal;
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

    public static async Task<int> RunAsync(JournalLog journal, QuarantineGroup group, Point point, long nowUs, CancellationToken ct)
    {
        var (gone, from) = FindGone(journal, group);
        using var reader = journal.Read(from.Block);
        var kept = new List<(FramePlace Place, Reading Reading)>();
        var takenIn = 0;
        for (var isMore = true; isMore; kept.Clear())
        {
            isMore = Collect(journal, reader, group, point, gone, from, kept);
            foreach (var chunk in kept.Chunk(ChunkMax))
            {
                var release = new ReleaseEntry(group.Source, group.Reason, group.Topic, group.Name, [.. chunk.Select(entry => entry.Place)]).ToFrame();
                // One append: the note and the readings are in one block, or neither is.
                byte[] frames = [.. release, .. MakeFrame(group.Source, nowUs, [.. chunk.Select(entry => entry.Reading)])];
                await AppendAsync(journal, frames, ct);
            }
            takenIn += kept.Count;
        }
        return takenIn;
    }

    /// <summary>Notes that somebody threw the group away.</summary>
    public static Task DiscardAsync(JournalLog journal, QuarantineGroup group, CancellationToken ct) =>
        AppendAsync(journal, new DiscardEntry(group.Source, group.Reason, group.Topic, group.Name).ToFrame(), ct);

    private static async Task AppendAsync(JournalLog journal, byte[] frames, CancellationToken ct)
    {
        long ticket;
        while (!journal.TryAppend(frames, urgent: true, out ticket)) await journal.WaitRoomAsync(ct);
        await journal.WaitDurableAsync(ticket, ct);
    }

    /// <summary>Units of what the journal keeps of the group, each once.</summary>
    public static IReadOnlySet<string> Units(JournalLog journal, QuarantineGroup group)
    {
        var (gone, from) = FindGone(journal, group);
        using var reader = journal.Read(from.Block);
        var units = new HashSet<string>(StringComparer.Ordinal);
        for (var block = reader.Offset; reader.TryRead(journal.DurableOffset, out var body); block = reader.Offset)
        {
            for (var index = 0; Frame.TryRead(ref body, out var frame); index++)
            {
                if (TryReadKept(frame, new(block, index), group, gone, from, out var entry)) units.Add(entry.Unit);
            }
        }
        return units;
    }

    /// <summary>What of the group was taken in before, and from where on nothing was thrown away.</summary>
    private static (ReleasedPlaces Gone, FramePlace From) FindGone(JournalLog journal, QuarantineGroup group)
    {
        var gone = new ReleasedPlaces(journal);
        var from = new FramePlace(group.FirstOffset, 0);
        using var reader = journal.Read(group.FirstOffset);
        for (var block = reader.Offset; reader.TryRead(journal.DurableOffset, out var body); block = reader.Offset)
        {
            for (var index = 0; Frame.TryRead(ref body, out var frame); index++)
            {
                if (frame.Kind == FrameKind.Release && ReleaseEntry.Read(frame.Body) is var release && Matches(release, group)) gone.Add(release, new(block, index));
                if (frame.Kind == FrameKind.Discard && Matches(DiscardEntry.Read(frame.Body), group)) from = new(block, index);
            }
        }
        return (gone, from);
    }

    /// <summary>Goes on until an append is full; false at the journal's end.</summary>
    private static bool Collect(JournalLog journal, JournalReader reader, QuarantineGroup group, Point point, ReleasedPlaces gone, FramePlace from, List<(FramePlace Place, Reading Reading)> kept)
    {
        for (var block = reader.Offset; kept.Count < ChunkMax; block = reader.Offset)
        {
            if (!reader.TryRead(journal.DurableOffset, out var body)) return false;
            for (var index = 0; Frame.TryRead(ref body, out var frame); index++)
            {
                var place = new FramePlace(block, index);
                if (TryReadKept(frame, place, group, gone, from, out var entry) && TryConvert(entry, point, out var reading)) kept.Add((place, reading));
            }
        }
        return true;
    }

    private static bool TryReadKept(in Frame frame, FramePlace place, QuarantineGroup group, ReleasedPlaces gone, FramePlace from, out QuarantineEntry entry)
    {
        entry = null!;
        if (frame.Kind != FrameKind.Quarantine || (place.Block == from.Block && place.Index < from.Index)) return false;
        entry = QuarantineEntry.Read(frame.Body);
        return Matches(entry, group) && !gone.Contains(place);
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

    private static byte[] MakeFrame(int source, long nowUs, Reading[] readings)
    {
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size];
        ReadingsFrame.WriteBodyHeader(body, source, readings.Length, nowUs, 0);
        MemoryMarshal.AsBytes(readings.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        return Frame.Make(FrameKind.Readings, body);
    }

    private static bool Matches(QuarantineEntry entry, QuarantineGroup group) => Matches(entry.Reason, entry.Source, entry.Topic, entry.Name, group);

    private static bool Matches(DiscardEntry entry, QuarantineGroup group) => Matches(entry.Reason, entry.Source, entry.Topic, entry.Name, group);

    private static bool Matches(ReleaseEntry entry, QuarantineGroup group) => Matches(entry.Reason, entry.Source, entry.Topic, entry.Name, group);

    private static bool Matches(Refusal reason, int source, string topic, string name, QuarantineGroup group) =>
        reason == group.Reason && source == group.Source && topic == group.Topic && name == group.Name;
}
