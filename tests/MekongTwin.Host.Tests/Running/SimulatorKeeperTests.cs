using System.ComponentModel;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Tests.Running;

/// <summary>A simulator that ends is started again, and everybody can see why it ended.</summary>
public sealed class SimulatorKeeperTests
{
    private readonly LeapingTime _time = new();
    private readonly HeardLog<HealthLog> _log = new();

    [Fact]
    public async Task ThePauseGrowsToItsBoundAndIsShortAgainAfterAGoodRun()
    {
        using var stop = new CancellationTokenSource();
        var runs = new Queue<int>([0, 0, 0, 0, 0, 0, 0, 61, 0]);
        var keeper = new SimulatorKeeper(() => runs.TryDequeue(out var seconds) ? new Child(() => _time.Pass(TimeSpan.FromSeconds(seconds))) : throw Stopped(stop), _time);
        await keeper.RunAsync(stop.Token).WaitAsync(Patience.Long, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 1, 2], _time.Waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task ItsEndIsShownUntilItHasRunForAWhileAndLoggedOnce()
    {
        using var stop = new CancellationTokenSource();
        var began = _time.GetUtcNow();
        var held = new TaskCompletionSource<ChildEnd>();
        var starts = new Queue<Func<IChild>>([() => new Child(static () => { }), () => throw new Win32Exception("no memory"), () => new Child(held.Task)]);
        var seen = new List<string?>();
        SimulatorKeeper? keeper = null;
        var health = new HealthLog(() => [keeper!.Health], _time, _log);
        keeper = new SimulatorKeeper(() =>
        {
            seen.Add(keeper!.Health.Detail);
            health.Look();
            return starts.Dequeue()();
        }, _time);
        var running = keeper.RunAsync(stop.Token);
        await Patience.UntilAsync(() => keeper.IsRunning && starts.Count == 0, () => "it runs again");
        const string ended = "The simulator ended with exit code 137, its last words: out of memory. It is started again in 1 s.";
        const string refused = "The simulator could not be started: no memory. It is started again in 2 s.";
        Assert.Equal([null, ended, refused], seen);
        // It may end at once again; it is away since it ended first.
        Assert.Equal((false, refused, began), (keeper.Health.Healthy, keeper.Health.Detail, keeper.Health.Since));
        var started = _time.GetUtcNow();
        _time.Pass(SimulatorKeeper.Settles);
        Assert.Equal((true, null, started), (keeper.Health.Healthy, keeper.Health.Detail, keeper.Health.Since));
        Assert.False(keeper.Health.Required);
        health.Look();
        await stop.CancelAsync();
        await running.WaitAsync(Patience.Long, TestContext.Current.CancellationToken);
        Assert.False(keeper.IsRunning);
        Assert.True(keeper.Health.Healthy);
        Assert.Equal([$"health: simulator is not healthy: {ended}", "health: simulator is healthy again after 7 s"], _log.Lines);
    }

    [Fact]
    public async Task OneThatHadSettledIsAwaySinceItsNewEnd()
    {
        using var stop = new CancellationTokenSource();
        var since = new List<DateTimeOffset?>();
        var runs = new Queue<int>([0, 0, 6, 0]);
        SimulatorKeeper? keeper = null;
        keeper = new SimulatorKeeper(() =>
        {
            since.Add(keeper!.Health.Since);
            return runs.TryDequeue(out var seconds) ? new Child(() => _time.Pass(TimeSpan.FromSeconds(seconds))) : throw Stopped(stop);
        }, _time);
        var began = _time.GetUtcNow();
        await keeper.RunAsync(stop.Token).WaitAsync(Patience.Long, TestContext.Current.CancellationToken);
        // Ended at 0, started in vain at 1, ran from 3 to 9, started in vain at 13.
        Assert.Equal([0, 0, 0, 9, 9], since.Select(time => (time!.Value - began).TotalSeconds));
    }

    [Fact]
    public async Task ASimulatorThatWasNotBuiltIsSaid()
    {
        var keeper = new SimulatorKeeper(static () => throw new FileNotFoundException("It was not built."), _time);
        await keeper.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((false, "It was not built."), (keeper.Health.Healthy, keeper.Health.Detail));
    }

    [Theory]
    [InlineData("1883", "127.0.0.1:9")]
    [InlineData("0.0.0.0:1883", "127.0.0.1:9")]
    [InlineData("*:1883", "127.0.0.1:9")]
    [InlineData("[::1]:1883", "[::1]:9")]
    [InlineData("192.0.2.7:1883", "192.0.2.7:9")]
    public void ItIsSentToWhereTheDoorListens(string door, string reached) => Assert.Equal(reached, DoorAddress.Parse("--mqtt", door).Reach(9));

    private static OperationCanceledException Stopped(CancellationTokenSource stop)
    {
        stop.Cancel();
        return new(stop.Token);
    }

    private sealed class Child(Task<ChildEnd> end, Action? lives = null) : IChild
    {
        public Child(Action lives) : this(Task.FromResult(new ChildEnd(137, "out of memory")), lives)
        {
        }

        public Task<ChildEnd> EndAsync(CancellationToken ct)
        {
            lives?.Invoke();
            return end.WaitAsync(ct);
        }

        public ValueTask DisposeAsync() => default;
    }
}
