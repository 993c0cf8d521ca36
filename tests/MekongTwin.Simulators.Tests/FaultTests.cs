using System.Text;
using System.Text.Json;
using MekongTwin.Simulators.Living;

namespace MekongTwin.Simulators.Tests;

/// <summary>Each fault by what it does to a day of a feeder's reports, against the same day without it.</summary>
public sealed class FaultTests
{
    private const int Period = 10;

    private static readonly long From = Pilot.WednesdayMs(0) / 1000;

    private sealed record Report(long SentSecond, DateTimeOffset Time, double Value);

    /// <summary>A feeder whose power is its time, so that every report is another; the fault's episodes are those of the real schedule.</summary>
    private static List<Report> Day(params Fault[] faults)
    {
        var schedule = new FaultSchedule(1, "x", faults.ToHashSet());
        var device = schedule.Behind(new Device("fdr/1", Period, 0, 1, 1, timeMs =>
        {
            var distortion = schedule.DistortionAt("fdr/1", Period, timeMs);
            return [new(Encoding.UTF8.GetBytes("P"), Payload.Plain((1000 + (distortion.MeasuredMs / 1000 - From) / 1000.0) * distortion.Gain, timeMs + distortion.StampOffsetMs))];
        }) { Gateway = "ss/1" });
        return [.. Enumerable.Range(0, 3 * 8640).Select(i => From + Period * i).SelectMany(second => device.Measure(second * 1000).Select(message => Read(second, message)))];
    }

    private static Report Read(long second, Message message)
    {
        using var json = JsonDocument.Parse(message.Payload);
        return new(second, json.RootElement.GetProperty("t").GetDateTimeOffset(), json.RootElement.GetProperty("v").GetDouble());
    }

    private static List<Report> Clean { get; } = Day();

    private static long DelayOf(Report report) => report.SentSecond - report.Time.ToUnixTimeSeconds();

    [Fact]
    public void WithoutFaultsEveryReportIsSentOnceAndAtOnce()
    {
        Assert.Equal(3 * 8640, Clean.Count);
        Assert.All(Clean, report => Assert.Equal(0, DelayOf(report)));
        Assert.Equal(3 * 8640, Clean.Select(report => report.Value).Distinct().Count());
    }

    [Theory]
    [InlineData(nameof(Fault.Lost))]
    [InlineData(nameof(Fault.Gateway))]
    public void LostReportsAreMissingInOneStretch(string fault)
    {
        var day = Day(Enum.Parse<Fault>(fault));
        Assert.InRange(day.Count, 0.7 * Clean.Count, Clean.Count - 100);
        Assert.Empty(day.Except(Clean));
        var gaps = day.Zip(day.Skip(1)).Count(pair => pair.Second.SentSecond - pair.First.SentSecond > Period);
        Assert.InRange(gaps, 1, 10);
    }

    [Fact]
    public void LateReportsComeTwoMinutesLaterAndNoneIsMissing()
    {
        var day = Day(Fault.Late);
        var sent = day.Select(report => (report.Time, report.Value)).Order().ToList();
        // What is on its way when the days end is not there yet.
        Assert.InRange(sent.Count, Clean.Count - 12, Clean.Count);
        Assert.Equal(Clean.Select(report => (report.Time, report.Value)).Take(Clean.Count - 12), sent.Take(Clean.Count - 12));
        Assert.Equal([0L, 120], day.Select(DelayOf).Distinct().Order());
    }

    [Fact]
    public void DuplicatesAreTheSameReportAgain()
    {
        var day = Day(Fault.Duplicate);
        Assert.Equal(Clean, day.Distinct());
        Assert.InRange(day.Count, Clean.Count + 100, 1.3 * Clean.Count);
    }

    [Fact]
    public void DisorderSwapsNeighbours()
    {
        var day = Day(Fault.Disorder);
        Assert.Equal(Clean.Select(report => (report.Time, report.Value)), day.Select(report => (report.Time, report.Value)).Order());
        Assert.InRange(day.Zip(day.Skip(1)).Count(pair => pair.Second.Time < pair.First.Time), 50, 2000);
        Assert.All(day, report => Assert.InRange(DelayOf(report), 0, Period));
    }

    [Fact]
    public void ABurstIsEverythingKeptInItsOrder()
    {
        var day = Day(Fault.Burst);
        Assert.Equal(Clean.Select(report => (report.Time, report.Value)), day.Select(report => (report.Time, report.Value)));
        Assert.InRange(day.GroupBy(report => report.SentSecond).Max(group => group.Count()), 100, 400);
    }

    [Fact]
    public void AStuckSensorRepeatsAValueUnderNewTimes()
    {
        var day = Day(Fault.Stuck);
        Assert.Equal(Clean.Select(report => report.Time), day.Select(report => report.Time));
        Assert.InRange(day.CountBy(report => report.Value).Max(pair => pair.Value), 100, 400);
    }

    [Fact]
    public void SpikesAreSingleValuesManyTimesTooHigh()
    {
        var spikes = Day(Fault.Spike).Index().Where(pair => pair.Item.Value > 5 * Clean[pair.Index].Value).Select(pair => pair.Index).ToList();
        Assert.InRange(spikes.Count, 20, 1000);
        Assert.All(spikes.Zip(spikes.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 5));
    }

    [Fact]
    public void DriftGrowsUntilItIsPutRight()
    {
        var gains = Day(Fault.Drift).Index().Select(pair => pair.Item.Value / Clean[pair.Index].Value).ToList();
        Assert.InRange(gains.Max(), 1.05, 1.3);
        Assert.All(gains.Zip(gains.Skip(1)), pair => Assert.True(pair.Second < 1.0001 || pair.Second >= pair.First - 1e-5));
    }

    [Fact]
    public void AWrongClockMovesTimesAndNoValues()
    {
        var day = Day(Fault.Clock);
        Assert.Equal(Clean.Select(report => report.Value), day.Select(report => report.Value));
        var delays = day.Select(DelayOf).Distinct().ToList();
        Assert.True(delays.Count > 1);
        Assert.All(delays, delay => Assert.Contains(delay, new[] { 0L, -7 * 3600, 3600 }));
    }

    [Fact]
    public void AllTogetherRepeatThemselves() => Assert.Equal(Day(Enum.GetValues<Fault>()), Day(Enum.GetValues<Fault>()));

    /// <summary>The gateway of a substation takes its feeders along.</summary>
    [Fact]
    public void AGatewayIsDownForAllBehindIt()
    {
        var schedule = new Schedule(CityDevices.Of(Pilot.Folder, 1, Profile.Default, new HashSet<Fault> { Fault.Gateway }));
        var panels = schedule.Devices.Where(device => device.Gateway == "ss/xuan-ha").ToList();
        Assert.Equal(9, panels.Count);
        var silent = Enumerable.Range(0, 3 * 1440).Select(minute => From + 60 * minute).Select(second => panels.Select(device => device.Measure(device.LastDue(second) * 1000).Count == 0).ToList()).ToList();
        Assert.All(silent, minute => Assert.Single(minute.Distinct()));
        Assert.Contains(silent, minute => minute[0]);
        Assert.Contains(silent, minute => !minute[0]);
    }
}
