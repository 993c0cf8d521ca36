using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>
/// What twins work on while they fold a batch. Between batches a twin holds none of it: all twins that one loop owns share one bench. Not
/// thread-safe.
/// </summary>
public sealed class TwinBench
{
    /// <summary>Batches of twins kept for the next ones, a kilobyte or two each as a rule, 15 at most.</summary>
    private const int IdleMax = 4096;

    private readonly Stack<TwinBatch> _idle = new();

    /// <summary>For whatever is read within one call.</summary>
    internal List<Reading> Scratch { get; } = [];

    internal TwinBatch Lend() => _idle.TryPop(out var batch) ? batch : new();

    internal void TakeBack(TwinBatch batch)
    {
        batch.Clear();
        if (_idle.Count < IdleMax && batch.IsSmall) _idle.Push(batch);
    }
}

/// <summary>What a twin holds from the first reading of a batch until its windows are taken.</summary>
internal sealed class TwinBatch
{
    /// <summary>Readings that wait for their past.</summary>
    public List<DeferredReading> Deferred { get; } = [];

    /// <summary>Windows that changed.</summary>
    public List<PointWindow> Windows { get; } = [];

    /// <summary>How many of them are in <see cref="WindowIndex"/>.</summary>
    public int Indexed { get; set; }

    /// <summary>How many of them were handed over.</summary>
    public int Taken { get; set; }

    /// <summary>The newest of the windows of a point and start that contributes.</summary>
    public Dictionary<(int Point, long StartUs), int> WindowIndex { get; } = [];

    /// <summary>Windows whose contribution is to be told.</summary>
    public HashSet<long> OwedStarts { get; } = [];

    public List<long> BlockedStarts { get; } = [];

    /// <summary>False after a batch that was out of the ordinary: its room is not kept.</summary>
    public bool IsSmall => Math.Max(Math.Max(Deferred.Capacity, Windows.Capacity), Math.Max(OwedStarts.Capacity, BlockedStarts.Capacity)) <= 64;

    public void Clear()
    {
        Deferred.Clear();
        Windows.Clear();
        Indexed = Taken = 0;
        WindowIndex.Clear();
        OwedStarts.Clear();
        BlockedStarts.Clear();
    }
}
