namespace MekongTwin.Domain.Twins;

/// <summary>
/// Readings of a point from one source that a twin missed because it failed: how many are not accounted for yet, and between
/// which event times they lie. They stay in the journal.
/// </summary>
public readonly record struct SetAsideReadings(int Point, int Source, long Count, long FromUs, long ToUs)
{
    public SetAsideReadings With(long timeUs) => this with { Count = Count + 1, FromUs = Math.Min(FromUs, timeUs), ToUs = Math.Max(ToUs, timeUs) };
}

/// <summary>What became of readings of earlier batches that were set aside then.</summary>
public readonly record struct LateOutcome(int Source, FoldOutcome Outcome, long Count);
