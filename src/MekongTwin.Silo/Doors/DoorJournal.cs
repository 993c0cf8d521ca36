using System.Buffers;
using System.Diagnostics;
using MekongTwin.Domain.Journal;
using MekongTwin.History.Journal;
using MekongTwin.Ingest;
using MekongTwin.Silo.Grains;
using MekongTwin.Silo.Twins;

namespace MekongTwin.Silo.Doors;

/// <summary>
/// The front of the journal on one silo: what its doors admit gathers here, is split by partition, and goes to the partitions
/// wherever they are. A ticket is durable when every partition that has a share of it says so.
/// </summary>
internal sealed class DoorJournal : IJournalWriter, ICommits, IAsyncDisposable
{
    /// <summary>Most bytes that wait to be split; then the doors wait.</summary>
    public const int GatheredBytesMax = 4 << 20;

    /// <summary>Most bytes on their way to the partitions; then splitting waits.</summary>
    public const long UnderWayBytesMax = 16 << 20;

    /// <summary>How many milliseconds what came may wait for more, as long as each brings some: a call to a partition has its own cost, whatever it carries.</summary>
    private const int LingerMaxMs = 5;

    /// <summary>What comes while the last ticket is on its way goes together, but waits no longer than this for it.</summary>
    private static readonly TimeSpan GatherMax = TimeSpan.FromMilliseconds(20);

    private readonly Region _region;
    private readonly FrameSplitter _splitter;
    private readonly Lock _gate = new();
    private readonly Signal _wake = new();
    private readonly Queue<Ticket> _open = new();
    private readonly LatencyWindow _latency = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lane[] _lanes;
    private ArrayBufferWriter<byte> _gathering = new();
    private ArrayBufferWriter<byte> _splitting = new();
    private TaskCompletionSource _moved = NewSignal();
    private Courier? _courier;
    private Task _running = Task.CompletedTask;
    private long _ticket = 1;
    private long _durable;
    private long _underWay;
    private string? _fault;

    public DoorJournal(Region region, long door)
    {
        _region = region;
        _splitter = new(region);
        _lanes = [.. Enumerable.Range(0, region.Partitions).Select(partition => new Lane(partition, door))];
    }

    public long Durable => Volatile.Read(ref _durable);

    /// <summary>Bytes that are admitted and not durable yet.</summary>
    public int PendingBytes => (int)Math.Min(int.MaxValue, Volatile.Read(ref _underWay) + _gathering.WrittenCount);

    /// <summary>Why something cannot be written, or null.</summary>
    public string? Fault => Volatile.Read(ref _fault) ?? _lanes.Select(lane => lane.Fault).FirstOrDefault(fault => fault is not null);

    /// <summary>From a group's being split to its being durable, 99th percentile.</summary>
    public double CommitP99Ms
    {
        get
        {
            lock (_gate) return _latency.PercentileMs(0.99);
        }
    }

    /// <summary>The partitions can be reached: what has gathered goes to them.</summary>
    public void Start(IGrainFactory grains, ISiloStatusOracle silos)
    {
        _courier = new(_region, grains, silos, Delivered, _stop.Token);
        _running = Task.Run(RunAsync);
    }

    public bool TryAppend(ReadOnlySpan<byte> frames, bool urgent, out long ticket)
    {
        lock (_gate)
        {
            ticket = frames.Length == 0 && _gathering.WrittenCount == 0 ? _ticket - 1 : _ticket;
            if (_gathering.WrittenCount + frames.Length > GatheredBytesMax) return false;
            _gathering.Write(frames);
        }
        _wake.Set();
        return true;
    }

    public ValueTask WaitRoomAsync(CancellationToken ct) => UntilAsync(() => _gathering.WrittenCount < GatheredBytesMax / 2, ct);

    public ValueTask WaitDurableAsync(long ticket, CancellationToken ct) => Durable >= ticket ? ValueTask.CompletedTask : UntilAsync(() => _durable >= ticket, ct);

    /// <summary>Completes when everything that was admitted until now is durable.</summary>
    public ValueTask FlushAsync(CancellationToken ct)
    {
        lock (_gate) return WaitDurableAsync(_gathering.WrittenCount == 0 ? _ticket - 1 : _ticket, ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _wake.Set();
        await _running;
        lock (_gate) _moved.TrySetCanceled();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                await _wake.WaitAsync(Timeout.InfiniteTimeSpan);
                await GatherAsync();
                await UntilAsync(() => _underWay <= UnderWayBytesMax, _stop.Token);
                await SplitAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // What is not durable was not acknowledged.
        }
        catch (Exception e)
        {
            Volatile.Write(ref _fault, $"The doors of this silo cannot journal any more: {e.Message} Restart it.");
        }
    }

    private async Task GatherAsync()
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < GatherMax)
        {
            Task moved;
            lock (_gate)
            {
                if (_open.Count == 0 || _gathering.WrittenCount >= GatheredBytesMax / 2) break;
                moved = _moved.Task;
            }
            await Task.WhenAny(moved, Task.Delay(GatherMax, _stop.Token));
        }
        for (var (before, ms) = (-1, 0); ms < LingerMaxMs && _gathering.WrittenCount is var now && now > before && now < GatheredBytesMax / 2; ms++)
        {
            before = now;
            await Task.Delay(1, _stop.Token);
        }
    }

    private async Task SplitAsync()
    {
        Ticket ticket;
        lock (_gate)
        {
            if (_gathering.WrittenCount == 0) return;
            (_gathering, _splitting) = (_splitting, _gathering);
            ticket = new(_ticket++, Stopwatch.GetTimestamp()) { Span = Spans.StartApart("door", ActivityKind.Consumer)?.SetTag("bytes", _splitting.WrittenCount) };
            _open.Enqueue(ticket);
            Move();
        }
        await _splitter.NameSourcesAsync(_splitting.WrittenMemory, fault => Volatile.Write(ref _fault, fault), _stop.Token);
        var shares = _splitter.Split(_splitting.WrittenSpan);
        _splitting.ResetWrittenCount();
        lock (_gate)
        {
            ticket.Left = shares.Count;
            _underWay += shares.Sum(share => (long)share.Frames.Length);
            if (shares.Count == 0) Advance();
        }
        Parcel[] ready = [.. shares.Select(share => _lanes[share.Partition].Add(ticket, share.Frames)).OfType<Parcel>()];
        _courier!.Send(ready);
    }

    /// <summary>These are on disk.</summary>
    private void Delivered(IReadOnlyCollection<Parcel> parcels)
    {
        lock (_gate)
        {
            foreach (var parcel in parcels)
            {
                foreach (var ticket in parcel.Tickets) ticket.Left--;
                _underWay -= parcel.Append.Frames.Length;
            }
            Advance();
            Move();
        }
        Parcel[] next = [.. parcels.Select(parcel => parcel.Lane.Next()).OfType<Parcel>()];
        if (next.Length > 0) _courier!.Send(next);
    }

    /// <summary>Tickets become durable in their order.</summary>
    private void Advance()
    {
        while (_open.TryPeek(out var first) && first.Left == 0)
        {
            _open.Dequeue();
            _durable = first.Number;
            first.Span?.Dispose();
            _latency.Add(Stopwatch.GetElapsedTime(first.SplitAt));
        }
    }

    private void Move()
    {
        var moved = _moved;
        _moved = NewSignal();
        moved.TrySetResult();
    }

    /// <summary>Completes when it is so; looked at under the lock, whenever something moved.</summary>
    private async ValueTask UntilAsync(Func<bool> isSo, CancellationToken ct)
    {
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                if (isSo()) return;
                moved = _moved.Task;
            }
            await moved.WaitAsync(ct);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What was gathered and split together, and how many partitions have not got their share of it on disk.</summary>
internal sealed class Ticket(long number, long splitAt)
{
    public long Number => number;

    public long SplitAt => splitAt;

    /// <summary>From its being split to its being durable.</summary>
    public Activity? Span { get; init; }

    /// <summary>Not known before it is split.</summary>
    public int Left { get; set; } = int.MaxValue;
}
