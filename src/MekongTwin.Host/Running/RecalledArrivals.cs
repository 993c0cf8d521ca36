using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;

namespace MekongTwin.Host.Running;

/// <summary>
/// How readings came in before the start, as far as the raw journal still tells: its newest 64 MiB. What became of a reading is not
/// journalled: one that stands there a second time is a copy.
/// </summary>
internal static class RecalledArrivals
{
    /// <summary>Books what is raw up to an offset. What cannot be read says nothing: the fold, which has it behind itself, goes on.</summary>
    public static void Book(Arrivals arrivals, JournalLog journal, long to, int points, CancellationToken ct)
    {
        try
        {
            BookAll(arrivals, journal, to, points, ct);
        }
        catch (Exception e) when (e is IOException or JournalException)
        {
            // It is known from here on.
        }
    }

    private static void BookAll(Arrivals arrivals, JournalLog journal, long to, int points, CancellationToken ct)
    {
        // Only what is not newer than all before it can be a copy: of the others nothing has to be remembered.
        var behind = FindBehind(journal, to, points, ct);
        var seen = new HashSet<(int, long)>();
        var outcomes = Array.Empty<FoldOutcome>();
        foreach (var batch in Read(journal, to, ct))
        {
            if (outcomes.Length < batch.Count) outcomes = new FoldOutcome[batch.Count];
            var readings = batch.Readings.Span;
            for (var i = 0; i < readings.Length; i++)
            {
                var key = (readings[i].Point, readings[i].TimeUs);
                outcomes[i] = behind.Contains(key) && !seen.Add(key) ? FoldOutcome.Duplicate : FoldOutcome.Stored;
            }
            arrivals.Book(readings, batch.Slices, outcomes.AsSpan(0, readings.Length));
        }
    }

    private static HashSet<(int Point, long TimeUs)> FindBehind(JournalLog journal, long to, int points, CancellationToken ct)
    {
        var behind = new HashSet<(int, long)>();
        var newest = new long[points];
        Array.Fill(newest, long.MinValue);
        foreach (var batch in Read(journal, to, ct))
        {
            foreach (var reading in batch.Readings.Span)
            {
                if (reading.TimeUs > newest[reading.Point]) newest[reading.Point] = reading.TimeUs;
                else behind.Add((reading.Point, reading.TimeUs));
            }
        }
        return behind;
    }

    /// <summary>The readings of each raw block; the batch is the same each time.</summary>
    private static IEnumerable<JournalBatch> Read(JournalLog journal, long to, CancellationToken ct)
    {
        using var reader = journal.Read(journal.Sealed.End, SealedAs.FramesBesideReadings);
        var batch = new JournalBatch();
        while (TryFill(reader, to, batch))
        {
            ct.ThrowIfCancellationRequested();
            yield return batch;
        }
    }

    private static bool TryFill(JournalReader reader, long to, JournalBatch batch)
    {
        batch.Clear();
        if (!reader.TryRead(to, out var body)) return false;
        while (Frame.TryRead(ref body, out var frame))
        {
            if (frame.Kind == FrameKind.Readings && !reader.IsSealed) batch.Take(frame, reader.Block);
        }
        return true;
    }
}
