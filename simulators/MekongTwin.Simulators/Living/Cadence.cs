namespace MekongTwin.Simulators.Living;

/// <summary>Periods of a profile in seconds, and the share of the transformers that are read once a day.</summary>
internal sealed record Cadence(int PanelSeconds, int DetectorSeconds, int StationSeconds, int PublicMeterSeconds, int OwnedMeterSeconds, double NextDayShare)
{
    private static readonly Cadence Default = new(10, 30, 60, 1800, 900, 0.15);
    private static readonly Cadence Dense = new(2, 5, 10, 5, 5, 0);

    public static Cadence Of(Profile profile) => profile == Profile.Dense ? Dense : Default;

    public int PeriodOf(TransformerMeter meter) => meter.IsOwned ? OwnedMeterSeconds : PublicMeterSeconds;

    /// <summary>Customers' own meters are all read through the day: they are billed by the quarter of an hour.</summary>
    public bool IsNextDay(TransformerMeter meter) => !meter.IsOwned && meter.Noise.Constant(40) < NextDayShare;
}
