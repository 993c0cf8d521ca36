using System.ComponentModel;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Tests.Running;

/// <summary>A simulator that ends is started again, and everybody can see why it ended.</summary>
public sealed class SimulatorKeeperTests
{
    private readonly LeapingTime _time = new();
    private readonly HeardLog<SimulatorProcess> _log = new();

    [Fact]
    public async Task ThePauseGrowsToItsBoundAndIsShortAgainAfterAGoodRun()
    {
        using var stop = new CancellationTokenSource();
        var runs = new Queue<int>([0, 0, 0, 0, 0, 0, 0, 61, 0]);
        var keeper = new SimulatorKeeper(() => runs.TryDequeue(out var seconds) ? new Child(() => _time.Pass(TimeSpan.FromSeconds(seconds))) : throw Stopped(stop), _time, _log);
        await keeper.RunAsync(stop.Token).WaitAsync(Patience.Long, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 1, 2], _time.Waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task ItsEndIsLoggedAndShownUntilItRunsAgain()
    {
        using var stop = new CancellationTokenSource();
        var held = new TaskCompletionSource<ChildEnd>();
        var starts = new Queue<Func<IChild>>([() => new Child(static () => { }), () => throw new Win32Exception("no memory"), () => new Child(held.Task)]);
        var seen = new List<string?>();
        SimulatorKeeper? keeper = null;
        keeper = new SimulatorKeeper(() =>
        {
            seen.Add(keeper!.Health.Detail);
            return starts.Dequeue()();
        }, _time, _log);
        var running = keeper.RunAsync(stop.Token);
        await Patience.UntilAsync(() => keeper.IsRunning && starts.Count == 0, () => "it runs again");
        const string ended = "The simulator ended with exit code 137, its last words: out of memory. It is started again in 1 s.";
        const string refused = "The simulator could not be started: no memory. It is started again in 2 s.";
        Assert.Equal([null, ended, refused], seen);
        Assert.Equal([ended, refused], _log.Lines);
        Assert.True(keeper.Health.Healthy);
        Assert.False(keeper.Health.Required);
        await stop.CancelAsync();
        await running.WaitAsync(Patience.Long, TestContext.Current.CancellationToken);
        Assert.False(keeper.IsRunning);
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public async Task ASimulatorThatWasNotBuiltIsSaidOnce()
    {
        var keeper = new SimulatorKeeper(static () => throw new FileNotFoundException("It was not built."), _time, _log);
        await keeper.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((false, "It was not built."), (keeper.Health.Healthy, keeper.Health.Detail));
        Assert.Equal(["It was not built."], _log.Lines);
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

    private sealed class Child(Task<ChildEnd> end) : IChild
    {
        public Child(Action lives) : this(Task.FromResult(new ChildEnd(137, "out of memory"))) => lives();

        public Task<ChildEnd> EndAsync(CancellationToken ct) => end.WaitAsync(ct);

        public ValueTask DisposeAsync() => default;
    }
}
