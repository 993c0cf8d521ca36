using System.Globalization;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Tests.Readings;

public sealed class CalendarFacts
{
    private static CityCalendar Of(string zone) => new(TimeZoneInfo.FindSystemTimeZoneById(zone));

    private static long At(string time) => Instant.From(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("Asia/Yangon", "2026-11-21T10:29:59Z", "2026-11-21T09:30:00Z", "2026-11-20T17:30:00Z")]
    [InlineData("Asia/Yangon", "2026-11-21T10:30:00Z", "2026-11-21T10:30:00Z", "2026-11-20T17:30:00Z")]
    [InlineData("Asia/Yangon", "2026-11-21T17:30:00Z", "2026-11-21T17:30:00Z", "2026-11-21T17:30:00Z")]
    [InlineData("Asia/Ho_Chi_Minh", "2026-11-21T10:29:59Z", "2026-11-21T10:00:00Z", "2026-11-20T17:00:00Z")]
    [InlineData("Asia/Ho_Chi_Minh", "2026-11-21T17:00:00Z", "2026-11-21T17:00:00Z", "2026-11-21T17:00:00Z")]
    [InlineData("Asia/Phnom_Penh", "2026-11-21T16:59:59Z", "2026-11-21T16:00:00Z", "2026-11-20T17:00:00Z")]
    [InlineData("Europe/Berlin", "2026-03-29T10:00:00Z", "2026-03-29T10:00:00Z", "2026-03-28T23:00:00Z")]
    [InlineData("Europe/Berlin", "2026-10-25T22:59:00Z", "2026-10-25T22:00:00Z", "2026-10-24T22:00:00Z")]
    public void HoursAndDaysStartOnTheLocalClock(string zone, string time, string hour, string day)
    {
        Assert.Equal(At(hour), Of(zone).Start(At(time), WindowSize.Hour));
        Assert.Equal(At(day), Of(zone).Start(At(time), WindowSize.Day));
    }

    [Theory]
    [InlineData("Asia/Yangon", "2026-03-29T00:00:00+06:30", 24)]
    [InlineData("Asia/Ho_Chi_Minh", "2026-03-29T00:00:00+07:00", 24)]
    [InlineData("Europe/Berlin", "2026-03-29T00:00:00+01:00", 23)]
    [InlineData("Europe/Berlin", "2026-10-25T00:00:00+02:00", 25)]
    public void ADayIsAsLongAsTheZoneMakesIt(string zone, string midnight, int hours)
    {
        var calendar = Of(zone);
        Assert.Equal(At(midnight), calendar.Start(At(midnight), WindowSize.Day));
        Assert.Equal(hours * Instant.Hour, calendar.Next(At(midnight), WindowSize.Day) - At(midnight));
    }

    [Theory]
    [InlineData("Asia/Yangon")]
    [InlineData("Asia/Ho_Chi_Minh")]
    [InlineData("Europe/Berlin")]
    public void EveryQuarterOfAYearLiesInOneHourAndOneDayAndTheyFollowWithoutHoles(string zone)
    {
        var calendar = Of(zone);
        foreach (var size in (WindowSize[])[WindowSize.Hour, WindowSize.Day])
        {
            var start = calendar.Start(At("2026-01-01T00:00:00Z"), size);
            for (var quarter = At("2026-01-01T00:00:00Z"); quarter < At("2027-01-01T00:00:00Z"); quarter += Instant.Quarter)
            {
                if (quarter >= calendar.Next(start, size)) start = calendar.Next(start, size);
                Assert.Equal(start, calendar.Start(quarter, size));
                Assert.Equal(start, calendar.Start(quarter + Instant.Quarter - 1, size));
            }
        }
    }

    [Fact]
    public void QuartersBefore1970StartBeforeTheInstant()
    {
        Assert.Equal(-Instant.Quarter, Instant.QuarterStart(-1));
        Assert.Equal(-Instant.Quarter, Instant.QuarterStart(-Instant.Quarter));
        Assert.Equal(0, Instant.QuarterStart(0));
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void AnAbsurdInstantIsClampedToTheCalendarsEnds(long timeUs)
    {
        var yangon = TimeZoneInfo.FindSystemTimeZoneById("Asia/Yangon");
        Assert.NotEmpty(Instant.ToText(timeUs, yangon));
    }

    [Fact]
    public void TextHasTheZonesOffset()
    {
        var yangon = TimeZoneInfo.FindSystemTimeZoneById("Asia/Yangon");
        Assert.Equal("2026-11-21T06:30:00+06:30", Instant.ToText(At("2026-11-21T00:00:00Z"), yangon));
        Assert.Equal("2026-11-21T06:30:00.250+06:30", Instant.ToText(At("2026-11-21T00:00:00.25Z"), yangon));
    }
}
