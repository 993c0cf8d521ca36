using System.Collections.Frozen;

namespace MekongTwin.Engines.Demand;

/// <summary>Kinds of days that loads tell apart.</summary>
public enum DayKind
{
    Workday,
    Saturday,

    /// <summary>A Sunday or a public holiday.</summary>
    Free,

    /// <summary>In the holidays of the new year, when most business rests for days.</summary>
    NewYear,
}

/// <summary>
/// What kind of day a date is. Holidays are data: fixed ones by law, those that move with the moon by year. Other days in lieu, which the
/// governments fix year by year, are not known and count as working days.
/// </summary>
public sealed class DayCalendar
{
    /// <summary>
    /// The holidays of Tết (Vietnamese lunar calendar, UTC+7; in 2030 a day before the Chinese one): as the government fixed them with the days in lieu until
    /// 2026, from two days before the first to four after in the years to come.
    /// </summary>
    private static readonly (DateOnly First, int Before, int After)[] Tet =
    [
        (new(2023, 1, 22), 2, 4), (new(2024, 2, 10), 2, 4), (new(2025, 1, 29), 4, 4), (new(2026, 2, 17), 3, 5), (new(2027, 2, 6), 2, 4), (new(2028, 1, 26), 2, 4),
        (new(2029, 2, 13), 2, 4), (new(2030, 2, 2), 2, 4), (new(2031, 1, 23), 2, 4), (new(2032, 2, 11), 2, 4), (new(2033, 1, 31), 2, 4), (new(2034, 2, 19), 2, 4),
        (new(2035, 2, 8), 2, 4),
    ];

    /// <summary>Hùng Kings' days, the tenth of the third lunar month.</summary>
    private static readonly DateOnly[] HungKings =
    [
        new(2023, 4, 29), new(2024, 4, 18), new(2025, 4, 7), new(2026, 4, 26), new(2027, 4, 16), new(2028, 4, 4), new(2029, 4, 23),
        new(2030, 4, 12), new(2031, 4, 1), new(2032, 4, 19), new(2033, 4, 9), new(2034, 4, 28), new(2035, 4, 17),
    ];

    private readonly FrozenSet<(int Month, int Day)> fixedDays;
    private readonly FrozenSet<DateOnly> free;
    private readonly FrozenSet<DateOnly> newYear;

    /// <param name="fixedDays">Free days of every year.</param>
    /// <param name="free">Single free days.</param>
    /// <param name="newYear">Days of the new year's holidays.</param>
    public DayCalendar(IEnumerable<(int Month, int Day)> fixedDays, IEnumerable<DateOnly> free, IEnumerable<DateOnly> newYear)
    {
        this.fixedDays = fixedDays.ToFrozenSet();
        this.free = free.ToFrozenSet();
        this.newYear = newYear.ToFrozenSet();
    }

    /// <summary>Tết, Hùng Kings' day, 1 January, 30 April, 1 May, 2 September; 2023 to 2035 for those that move.</summary>
    public static DayCalendar VietNam { get; } = new(
        [(1, 1), (4, 30), (5, 1), (9, 2)], HungKings, Tet.SelectMany(static tet => Enumerable.Range(-tet.Before, tet.Before + tet.After + 1).Select(tet.First.AddDays)));

    /// <summary>Thailand, Laos, Cambodia, Myanmar as far as they agree: 13 to 16 April, 1 January, 1 May. Their other holidays are not listed.</summary>
    public static DayCalendar AprilNewYear { get; } = new(
        [(1, 1), (5, 1)], [], Enumerable.Range(2023, 13).SelectMany(static year => Enumerable.Range(13, 4).Select(day => new DateOnly(year, 4, day))));

    public DayKind KindOf(DateOnly date)
    {
        if (newYear.Contains(date)) return DayKind.NewYear;
        if (date.DayOfWeek == DayOfWeek.Sunday || fixedDays.Contains((date.Month, date.Day)) || free.Contains(date)) return DayKind.Free;
        return date.DayOfWeek == DayOfWeek.Saturday ? DayKind.Saturday : DayKind.Workday;
    }
}
