using MekongTwin.Domain.Journal;
using MekongTwin.History.Journal;

namespace MekongTwin.Host.Running;

/// <summary>What the journal holds beyond the projection: sources' names, readings per source that wait to be folded, a newer model.</summary>
internal sealed record JournalTail(IReadOnlyDictionary<int, string> Sources, IReadOnlyDictionary<int, long> Journalled, byte[]? Model)
{
    /// <summary>Whether anything was measured; read up to the first such thing.</summary>
    public static bool HasReadings(JournalLog journal)
    {
        if (journal.Sealed.Readings > 0 || journal.Sealed.Horizon is not null) return true;
        using var reader = journal.Read(0, SealedAs.FramesBesideReadings);
        return HasReadings(reader, journal.DurableOffset);
    }

    private static bool HasReadings(JournalReader reader, long to)
    {
        while (reader.TryRead(to, out var body))
        {
            while (Frame.TryRead(ref body, out var frame))
            {
                if (frame.Kind == FrameKind.Quarantine || (frame.Kind == FrameKind.Readings && !new ReadingsFrame(frame.Body).Readings.IsEmpty)) return true;
            }
        }
        return false;
    }

    /// <summary>What the journal holds from an offset on. Sealed readings are not read: each stretch says how many it has.</summary>
    public static JournalTail Scan(JournalLog journal, long from)
    {
        var sources = new Dictionary<int, string>();
        var journalled = new Dictionary<int, long>();
        byte[]? model = null;
        foreach (var tally in journal.Sealed.TalliesFrom(from)) journalled[tally.Source] = journalled.GetValueOrDefault(tally.Source) + tally.Journalled;
        using var reader = journal.Read(from, SealedAs.FramesBesideReadings);
        while (reader.TryRead(journal.DurableOffset, out var body))
        {
            Tally(body, journalled);
            while (Frame.TryRead(ref body, out var frame))
            {
                switch (frame.Kind)
                {
                    case FrameKind.Source:
                        var (number, name) = SourceFrame.Read(frame.Body);
                        sources[number] = name;
                        break;
                    case FrameKind.Model:
                        model = frame.Body.ToArray();
                        break;
                }
            }
        }
        return new(sources, journalled, model);
    }

    /// <summary>Adds the readings of each source in these frames, as the ledger will count them once they are folded.</summary>
    public static void Tally(ReadOnlySpan<byte> frames, Dictionary<int, long> bySource)
    {
        void Count(int source, long readings) => bySource[source] = bySource.GetValueOrDefault(source) + readings;
        while (Frame.TryRead(ref frames, out var frame))
        {
            switch (frame.Kind)
            {
                case FrameKind.Quarantine:
                    Count(QuarantineEntry.Read(frame.Body).Source, 1);
                    break;
                case FrameKind.Release:
                    var release = ReleaseEntry.Read(frame.Body);
                    Count(release.Source, -release.Count);
                    break;
                case FrameKind.Readings:
                    var readings = new ReadingsFrame(frame.Body);
                    Count(readings.Source, readings.Readings.Length);
                    for (var i = 0; i < readings.RefusalCount; i++) Count(readings.Source, readings.RefusalAt(i).Count);
                    break;
            }
        }
    }
}
