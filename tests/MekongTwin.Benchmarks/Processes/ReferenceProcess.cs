namespace MekongTwin.Benchmarks.Processes;

/// <summary>The bare parse loop as a child process, for a figure of the same machine in the same minute.</summary>
internal sealed class ReferenceProcess : IServerUnderTest
{
    private readonly Child _child;

    private ReferenceProcess(Child child) => _child = child;

    public int MqttPort { get; private set; }

    public TimeSpan Cpu => _child.Cpu;

    public static async Task<ReferenceProcess> StartAsync(int? core, CancellationToken ct)
    {
        var child = new Child(core, typeof(ReferenceProcess).Assembly.Location, "reference", "--mqtt", "0");
        var line = await child.LineAsync("listens on", ct);
        return new(child) { MqttPort = int.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture) };
    }

    public Task<long> AllocatedAsync(CancellationToken ct) => Task.FromResult(0L);

    public Task<long> StoredAsync(CancellationToken ct) => Task.FromResult(0L);

    public Task SettleAsync(long stored, CancellationToken ct) => Task.CompletedTask;

    public void Dispose() => _child.Dispose();
}
