namespace MekongTwin.Simulators.Tests;

/// <summary>Published figures of Da Nang (the folder's README names the sources), and instants in its zone.</summary>
internal static class Published
{
    public const double PeakMw = 668;
    public const double PeakDayGwh = 13.7;
    public const double FirstHalf2024SalesTwh = 1.75;
    public const double Spring2023PeakMw = 542;
    public const double Spring2023DayMaxGwh = 10.6;
    public const double Spring2023DayMeanGwh = 9.3;

    public static long Ms(int year, int month, int day, double hour) =>
        new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.FromHours(7)).ToUnixTimeMilliseconds() + (long)(hour * 3_600_000);

    /// <summary>14 June 2024, the day of the published peak.</summary>
    public static long HotDayMs(double hour) => Ms(2024, 6, 14, hour);
}
