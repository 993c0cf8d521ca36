using System.Collections.Immutable;
using MekongTwin.Domain.Journal;

namespace MekongTwin.History.Journal;

/// <summary>What a sealed stretch holds of one source: readings, when the last frame of them was received, and what was refused, by reason.</summary>
public sealed record SourceTally(int Source, long Readings, long LastReceivedUs, ImmutableArray<(Refusal Reason, long Count)> Refusals)
{
    /// <summary>What the ledger counts as journalled, without quarantine.</summary>
    public long Journalled => Readings + Refusals.Sum(static refusal => refusal.Count);

    public bool Equals(SourceTally? other) =>
        other is not null && (Source, Readings, LastReceivedUs) == (other.Source, other.Readings, other.LastReceivedUs) && Refusals.SequenceEqual(other.Refusals);

    public override int GetHashCode() => HashCode.Combine(Source, Readings, LastReceivedUs);
}

/// <summary>Counts what the frames of a stretch say of their sources.</summary>
internal sealed class Tallies
{
    private readonly SortedDictionary<int, Line> _lines = [];

    public void Add(in ReadingsFrame frame)
    {
        if (!_lines.TryGetValue(frame.Source, out var line)) _lines[frame.Source] = line = new();
        line.Readings += frame.Readings.Length;
        line.LastReceivedUs = Math.Max(line.LastReceivedUs, frame.ReceivedUs);
        for (var i = 0; i < frame.RefusalCount; i++)
        {
            var (reason, count) = frame.RefusalAt(i);
            line.Refusals[reason] = line.Refusals.GetValueOrDefault(reason) + count;
        }
    }

    public ImmutableArray<SourceTally> ToArray() =>
        [.. _lines.Select(pair => new SourceTally(pair.Key, pair.Value.Readings, pair.Value.LastReceivedUs, [.. pair.Value.Refusals.Select(refusal => (refusal.Key, refusal.Value))]))];

    private sealed class Line
    {
        public long Readings { get; set; }

        public long LastReceivedUs { get; set; } = long.MinValue;

        public SortedDictionary<Refusal, long> Refusals { get; } = [];
    }
}
