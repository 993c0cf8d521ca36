using System.Globalization;

namespace MekongTwin.Simulators.Model;

/// <summary>When the new year's holidays are.</summary>
internal enum NewYear
{
    /// <summary>Tết: by the lunar calendar (Viet Nam's differs from the Chinese one in rare years, such as 2030, by a day).</summary>
    Lunar,

    /// <summary>Songkran, Pi Mai, Chol Chnam Thmey, Thingyan: 13 to 16 April.</summary>
    April,
}

/// <summary>What kind of day it is. Holidays that move with the moon, other than the new year, are working days here.</summary>
internal static class CityCalendar
{
    private const int DaysBeforeTet = 2;
    private const int DaysAfterTet = 6;
    private static readonly ChineseLunisolarCalendar Moon = new();

    /// <summary>
    /// How deep in the new year's holidays a day is: 0 on all others, 1 in their middle. Business fades out before and comes
    /// back slowly after.
    /// </summary>
    public static double NewYearDepth(DateOnly date, NewYear newYear)
    {
        if (newYear == NewYear.April) return date is { Month: 4, Day: >= 13 and <= 16 } ? 1 : 0;
        var first = DateOnly.FromDateTime(Moon.ToDateTime(date.Year, 1, 1, 0, 0, 0, 0));
        return (date.DayNumber - first.DayNumber) switch
        {
            >= -DaysBeforeTet and < DaysAfterTet - 1 => 1,
            -DaysBeforeTet - 1 or DaysAfterTet - 1 => 0.7,
            -DaysBeforeTet - 2 or DaysAfterTet => 0.4,
            _ => 0,
        };
    }

    /// <summary>Days on which offices and most works are closed: Sundays and the fixed holidays.</summary>
    public static bool IsFree(DateOnly date) =>
        date.DayOfWeek == DayOfWeek.Sunday || (date.Month, date.Day) is (1, 1) or (4, 30) or (5, 1) or (9, 2);
}
