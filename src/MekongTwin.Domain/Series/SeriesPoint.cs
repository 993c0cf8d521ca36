namespace MekongTwin.Domain.Series;

/// <summary>
/// One step of a series in the point's unit. <see cref="Value"/> is null where nothing was measured: a gap stays a gap.
/// <see cref="Min"/> and <see cref="Max"/> are null where a value is an amount, which has none.
/// <see cref="Coverage"/> is the measured share of the step, 0 to 1.
/// </summary>
public readonly record struct SeriesPoint(long TimeUs, double? Value, double? Min, double? Max, int Count, double? Coverage);
