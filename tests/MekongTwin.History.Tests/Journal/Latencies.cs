using MekongTwin.History.Journal;

namespace MekongTwin.History.Tests.Journal;

public sealed class Latencies
{
    [Fact]
    public void ThePercentileIsOfTheLastMinuteAndOfTheNewest()
    {
        var clock = new StandingClock();
        var window = new LatencyWindow(clock);
        Assert.Equal(0, window.PercentileMs(0.99));
        window.Add(TimeSpan.FromSeconds(67));
        clock.Seconds = 59;
        for (var i = 1; i <= 99; i++) window.Add(TimeSpan.FromMilliseconds(i));
        Assert.Equal((50, 67_000), (window.PercentileMs(0.5), window.PercentileMs(1)));
        clock.Seconds = 61;
        Assert.Equal((50, 99), (window.PercentileMs(0.5), window.PercentileMs(1)));
        for (var i = 0; i < 1024; i++) window.Add(TimeSpan.FromMilliseconds(7));
        Assert.Equal(7, window.PercentileMs(1));
        clock.Seconds = 122;
        Assert.Equal(0, window.PercentileMs(0.5));
    }

    private sealed class StandingClock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
