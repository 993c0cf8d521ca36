using System.Globalization;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Engines.Tests.Demand;

public sealed class CalendarFacts
{
    [Theory]
    [InlineData("2026-06-10", DayKind.Workday)]
    [InlineData("2026-06-13", DayKind.Saturday)]
    [InlineData("2026-06-14", DayKind.Free)]
    [InlineData("2026-09-02", DayKind.Free)]
    [InlineData("2026-04-30", DayKind.Free)]
    [InlineData("2026-02-13", DayKind.Workday)]
    [InlineData("2026-02-14", DayKind.NewYear)]
    [InlineData("2026-02-22", DayKind.NewYear)]
    [InlineData("2026-02-28", DayKind.Saturday)]
    [InlineData("2030-02-02", DayKind.NewYear)]
    public void Days_in_Viet_Nam_are_of_their_kind(string date, DayKind kind) => Assert.Equal(kind, DayCalendar.VietNam.KindOf(DateOnly.Parse(date, CultureInfo.InvariantCulture)));

    /// <summary>The Chinese calendar of the framework is independent of the table; the two differ in 2030.</summary>
    [Fact]
    public void Tet_and_Hung_Kings_day_are_those_of_the_moon()
    {
        var moon = new ChineseLunisolarCalendar();
        for (var year = 2023; year <= 2035; year++)
        {
            if (year == 2030) continue;
            var tet = DateOnly.FromDateTime(moon.ToDateTime(year, 1, 1, 0, 0, 0, 0));
            Assert.NotEqual(DayKind.NewYear, DayCalendar.VietNam.KindOf(tet.AddDays(-5)));
            for (var day = -2; day <= 4; day++) Assert.Equal(DayKind.NewYear, DayCalendar.VietNam.KindOf(tet.AddDays(day)));
            Assert.NotEqual(DayKind.NewYear, DayCalendar.VietNam.KindOf(tet.AddDays(6)));
            var leap = moon.GetLeapMonth(year);
            var kings = DateOnly.FromDateTime(moon.ToDateTime(year, leap is > 0 and <= 3 ? 4 : 3, 10, 0, 0, 0, 0));
            Assert.Equal(DayKind.Free, DayCalendar.VietNam.KindOf(kings));
        }
    }

    [Fact]
    public void The_others_begin_their_year_in_April()
    {
        Assert.Equal(DayKind.NewYear, DayCalendar.AprilNewYear.KindOf(new(2026, 4, 14)));
        Assert.Equal(DayKind.Workday, DayCalendar.AprilNewYear.KindOf(new(2026, 4, 17)));
        Assert.Equal(DayKind.Workday, DayCalendar.AprilNewYear.KindOf(new(2026, 2, 17)));
    }
}
