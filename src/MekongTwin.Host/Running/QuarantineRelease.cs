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
/// point and are journalled, together with the note that they left quarantine.
/// </summary>
internal static class QuarantineRelease
{
    /// <summary>Readings in one append.</summary>
    private const int ChunkMax = 8192;

    public static async Task<int> RunAsync(JournalLog journal, QuarantineGroup group, Point point, long nowUs, CancellationToken ct)
    {
        var kept = Collect(journal, group, point);
        for (var from = 0; from < kept.Count; from += ChunkMax)
        {
            var chunk = kept.GetRange(from, Math.Min(ChunkMax, kept.Count - from));
            var release = new ReleaseEntry(group.Source, group.Reason, group.Topic, group.Name, [.. chunk.Select(entry => entry.Place)]).ToFrame();
            // One append: the note and the readings are in one block, or neither is.
            byte[] frames = [.. release, .. MakeFrame(group.Source, nowUs, [.. chunk.Select(entry => entry.Reading)])];
            await AppendAsync(journal, frames, ct);
        }
        return kept.Count;
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
    public static IEnumerable<string> Units(JournalLog journal, QuarantineGroup group)
    {
        var kept = new Dictionary<FramePlace, string>();
        using var reader = journal.Read(group.FirstOffset);
        for (var block = reader.Offset; reader.TryRead(journal.DurableOffset, out var body); block = reader.Offset)
        {
            for (var index = 0; Frame.TryRead(ref body, out var frame); index++)
            {
                if (frame.Kind == FrameKind.Release && ReleaseEntry.Read(frame.Body) is var release && Matches(release, group)) foreach (var place in release.Places) kept.Remove(place);
                if (frame.Kind == FrameKind.Discard && Matches(DiscardEntry.Read(frame.Body), group)) kept.Clear();
                if (frame.Kind == FrameKind.Quarantine && QuarantineEntry.Read(frame.Body) is var entry && Matches(entry, group)) kept.Add(new(block, index), entry.Unit);
            }
        }
        return kept.Values.Distinct(StringComparer.Ordinal);
    }

    /// <summary>What the journal keeps of the group and the point can hold, without what was taken in or thrown away before.</summary>
    private static List<(FramePlace Place, Reading Reading)> Collect(JournalLog journal, QuarantineGroup group, Point point)
    {
        var kept = new List<(FramePlace Place, Reading Reading)>();
        var released = new HashSet<FramePlace>();
        using var reader = journal.Read(group.FirstOffset);
        for (var block = reader.Offset; reader.TryRead(journal.DurableOffset, out var body); block = reader.Offset)
        {
            for (var index = 0; Frame.TryRead(ref body, out var frame); index++)
            {
                if (frame.Kind == FrameKind.Release && ReleaseEntry.Read(frame.Body) is var release && Matches(release, group)) released.UnionWith(release.Places);
                if (frame.Kind == FrameKind.Discard && Matches(DiscardEntry.Read(frame.Body), group)) kept.Clear();
                if (frame.Kind != FrameKind.Quarantine) continue;
                var entry = QuarantineEntry.Read(frame.Body);
                if (Matches(entry, group) && TryConvert(entry, point, out var reading)) kept.Add((new(block, index), reading));
            }
        }
        kept.RemoveAll(entry => released.Contains(entry.Place));
        return kept;
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

    private static byte[] MakeFrame(int source, long nowUs, List<Reading> readings)
    {
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Count * Reading.Size];
        ReadingsFrame.WriteBodyHeader(body, source, readings.Count, nowUs, 0);
        MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(readings)).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        return Frame.Make(FrameKind.Readings, body);
    }

    private static bool Matches(QuarantineEntry entry, QuarantineGroup group) =>
        entry.Reason == group.Reason && entry.Source == group.Source && entry.Topic == group.Topic && entry.Name == group.Name;

    private static bool Matches(DiscardEntry entry, QuarantineGroup group) =>
        entry.Reason == group.Reason && entry.Source == group.Source && entry.Topic == group.Topic && entry.Name == group.Name;

    private static bool Matches(ReleaseEntry entry, QuarantineGroup group) =>
        entry.Reason == group.Reason && entry.Source == group.Source && entry.Topic == group.Topic && entry.Name == group.Name;
}
