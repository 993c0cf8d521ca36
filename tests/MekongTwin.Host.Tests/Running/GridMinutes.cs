using System.Globalization;
using System.Threading.Channels;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Grid;

namespace MekongTwin.Host.Tests.Running;

/// <summary>When the grid's state is completed: once in each minute of the city's clock, which the test moves second by second.</summary>
public sealed class GridMinutes : IAsyncDisposable
{
    private readonly SteppedTime _clock = new(new(2026, 11, 21, 10, 0, 57, TimeSpan.Zero));
    private readonly Snapshots _twins = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly GridStates _states;
    private readonly Task _running;

    public GridMinutes()
    {
        List<Network> networks = [];
        var model = CityFolder.Read([Path.Combine(AppContext.BaseDirectory, "Cities", "clean-network")], [], networks);
        _twins.Model = model;
        _states = new(model, model, networks, _twins, _clock);
        _running = _states.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    [Fact]
    public async Task AStateIsMadeAtOnceAndThenWheneverAMinuteHasBegun()
    {
        Assert.Equal("10:00:57", await CompletedAsync(tick: false));
        await PassAsync(2);
        Assert.Equal("10:01:00", await CompletedAsync());
        await PassAsync(59);
        Assert.Equal("10:02:00", await CompletedAsync());
        await PassAsync(1);
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 10, 2, 0, TimeSpan.Zero), Instant.ToTime(_states.Find("vn-xyz")!.TimeUs));
        Assert.Null(_states.Find("vn-dad"));
    }

    [Fact]
    public async Task ACityWhoseMinutesFlyIsCompletedOnceALook()
    {
        await CompletedAsync(tick: false);
        foreach (var time in (string[])["10:11:58", "10:22:59"])
        {
            _clock.Pass(TimeSpan.FromMinutes(11));
            Assert.Equal(time, await CompletedAsync());
        }
        Assert.Equal("10:23:00", await CompletedAsync());
        await PassAsync(1);
        Assert.Equal("10:00:57 10:22:59", Past());
        // A day later the quarters of before are gone.
        _clock.Pass(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(15));
        await CompletedAsync();
        await PassAsync(1);
        Assert.Equal("10:22:59 10:08:02", Past());
        string Past() => string.Join(' ', _states.FindPast("vn-xyz", _twins.Model.FindAsset("vn-xyz/north/tx/1")!.Number, "P").Select(step => Instant.ToTime(step.TimeUs).ToString("HH:mm:ss", CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task WhatFailsIsSaidAndTriedAgainInTheNextMinute()
    {
        await CompletedAsync(tick: false);
        await PassAsync(2);
        var before = _states.Find("vn-xyz");
        Assert.NotNull(before);
        _twins.Fault = new InvalidOperationException("no twins");
        await CompletedAsync();
        await PassAsync(59);
        Assert.Equal("The grid's state could not be completed: no twins", _states.Fault);
        Assert.Same(before, _states.Find("vn-xyz"));
        _twins.Fault = null;
        await CompletedAsync();
        await PassAsync(1);
        Assert.Null(_states.Fault);
        Assert.NotSame(before, _states.Find("vn-xyz"));
    }

    /// <summary>The time of day that the next state is asked of. What the loop does with the answer is done when it looks again.</summary>
    private async Task<string> CompletedAsync(bool tick = true)
    {
        if (tick) _clock.Tick();
        await _clock.LookedAsync();
        await _clock.LookedAsync();
        return (await _twins.Asked.Reader.ReadAsync(TestContext.Current.CancellationToken)).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
    }

    /// <summary>Seconds in which the loop looks and finds nothing to do.</summary>
    private async Task PassAsync(int seconds)
    {
        for (; seconds > 0; seconds--)
        {
            _clock.Tick();
            await _clock.LookedAsync();
            Assert.False(_twins.Asked.Reader.TryRead(out var at), $"a state of {at:HH:mm:ss} was made");
        }
    }

    /// <summary>A clock with one timer; it tells whenever somebody looks at it.</summary>
    private sealed class SteppedTime(DateTimeOffset start) : TimeProvider
    {
        private readonly Channel<bool> _looks = Channel.CreateUnbounded<bool>();
        private DateTimeOffset _now = start;
        private Action _fire = static () => { };

        public override DateTimeOffset GetUtcNow()
        {
            _looks.Writer.TryWrite(true);
            return _now;
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(TimeSpan.FromSeconds(1), period);
            _fire = () => callback(state);
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Pass(TimeSpan time) => _now += time;

        public void Tick()
        {
            Pass(TimeSpan.FromSeconds(1));
            _fire();
        }

        public async Task LookedAsync() => await _looks.Reader.ReadAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Snapshots : ITwins
    {
        public Channel<DateTimeOffset> Asked { get; } = Channel.CreateUnbounded<DateTimeOffset>();

        public Model Model { get; set; } = null!;

        public Exception? Fault { get; set; }

        public ValueTask<CitySnapshot> SnapshotAsync(string city, DateTimeOffset asOf, CancellationToken ct)
        {
            Asked.Writer.TryWrite(asOf);
            return Fault is { } fault ? throw fault : new(new CitySnapshot(new JournalCut([]), [.. Model.Assets.Select(asset => new TwinSnapshot(asset, []))]));
        }

        public ValueTask<ApplyResult> ApplyAsync(PartitionBatch batch, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<TwinView>> ViewAsync(IReadOnlyList<AssetId> ids, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<JournalCut> AppliedAsync(CancellationToken ct) => throw new NotSupportedException();

        public IAsyncEnumerable<TwinChanges> WatchAsync(WatchFilter filter, CancellationToken ct) => throw new NotSupportedException();
    }
}
