using System.Diagnostics;
using MekongTwin.Domain.Journal;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Twins;

/// <summary>
/// The end of a partition's journal, and what of it is durable and not folded. Appends gather while the block before them is
/// committed. Its grain owns it; the doors of its silo append without a call to the grain. Thread-safe.
/// </summary>
internal sealed class PartitionJournal(int partition, Region region, PartitionState state)
{
    /// <summary>Bytes that are durable and not folded; then appends wait.</summary>
    private const long UnfoldedBytesMax = 8 << 20;

    /// <summary>Bytes read from the journal at once.</summary>
    private const int ReadBytes = 1 << 20;

    /// <summary>Doors that are remembered: each start of a silo is one, and each release from quarantine.</summary>
    private const int DoorsMax = 256;

    private readonly Lock _gate = new();
    private readonly Signal _wakeWriter = new();
    private readonly Dictionary<long, (long Sequence, long Block)> _doors = [];
    private readonly Dictionary<long, Waiting> _waiting = [];
    private readonly Queue<StoredBlock> _queue = new();
    private readonly Origins _origins = new();
    private List<Waiting> _gathering = [];
    private TaskCompletionSource _room = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Readings of each source that were ever journalled here, folded or not.
    private readonly Dictionary<int, long> _received = [];
    private long _folded = state.Applied;
    private long _end = state.Journalled;
    private bool _isClosed;

    /// <summary>Where the journal ends.</summary>
    public long End => Volatile.Read(ref _end);

    /// <summary>Set after every block.</summary>
    public Signal Appended { get; } = new();

    /// <summary>The last append of each door, as it is stored: those that wrote longest ago first.</summary>
    public byte[] Doors
    {
        get
        {
            lock (_gate) return FactsCodec.Of(_doors.OrderBy(door => (door.Value.Block, door.Key)).Select(door => (door.Key, door.Value.Sequence)));
        }
    }

    /// <summary>Readings of each source that were ever journalled here.</summary>
    public Dictionary<int, long> Received
    {
        get
        {
            lock (_gate) return new(_received);
        }
    }

    /// <summary>Takes in what is stored of doors and accounts, and what the blocks behind it say.</summary>
    public async Task LoadAsync(IEnumerable<(int Source, long Journalled)> accounts, CancellationToken ct)
    {
        // Before any block: those that wrote longest ago come first.
        var stored = FactsCodec.ReadDoors(state.Doors);
        for (var i = 0; i < stored.Count; i++) Remember(stored[i].Door, stored[i].Sequence, i - stored.Count);
        foreach (var (source, journalled) in accounts) _received[source] = journalled;
        for (var from = state.Applied; from < state.Journalled;)
        {
            foreach (var block in await ReadAsync(from, ct))
            {
                JournalTail.Tally(block.Frames, _received);
                RememberDoors(block);
                from = block.End;
            }
        }
    }

    /// <summary>
    /// Completes when the frames are durable. One that is sent again is recognised: a door has one under way. Whoever gives up
    /// the waiting does not take it back.
    /// </summary>
    public async Task AppendAsync(WireAppend append, CancellationToken ct)
    {
        while (true)
        {
            Waiting? waiting;
            Task room = Task.CompletedTask;
            lock (_gate)
            {
                if (_doors.TryGetValue(append.Door, out var last) && append.Sequence <= last.Sequence) return;
                if (_isClosed) throw new NotTheWriterException(partition);
                if (!_waiting.TryGetValue(append.Door, out waiting) || waiting.Append.Sequence != append.Sequence)
                {
                    if (HasRoom)
                    {
                        _waiting[append.Door] = waiting = new(append, Activity.Current?.Context ?? default);
                        _gathering.Add(waiting);
                    }
                    else
                    {
                        waiting = null;
                        room = _room.Task;
                    }
                }
            }
            if (waiting is null)
            {
                await room.WaitAsync(ct);
                continue;
            }
            _wakeWriter.Set();
            await waiting.Done.Task.WaitAsync(ct);
            return;
        }
    }

    /// <summary>Commits what is appended until it is told to stop; throws when it cannot go on, e.g. because another has the partition.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        // The loop is no part of the call that made the activation.
        Activity.Current = null;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await _wakeWriter.WaitAsync(Timeout.InfiniteTimeSpan);
                while (!stop.IsCancellationRequested && TakeGathered() is { Count: > 0 } group) await WriteAsync(group, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What waits is told below: its door sends it again, to the next activation.
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Wakes the loop, to see that it shall stop.</summary>
    public void Wake() => _wakeWriter.Set();

    /// <summary>The next block that is durable and not folded, if it is in memory.</summary>
    public bool TryTake(out StoredBlock block)
    {
        lock (_gate) return _queue.TryDequeue(out block);
    }

    /// <summary>Everything up to this offset is folded.</summary>
    public void Folded(long to)
    {
        lock (_gate)
        {
            _folded = to;
            if (HasRoom) LetWaiters();
        }
    }

    /// <summary>The spans that what is journalled up to an offset came with; they are given once.</summary>
    public IReadOnlyList<ActivityContext> TakeOrigins(long to)
    {
        lock (_gate) return _origins.TakeTo(to);
    }

    /// <summary>Blocks from an offset on, at least one.</summary>
    public async Task<IReadOnlyList<StoredBlock>> ReadAsync(long from, CancellationToken ct)
    {
        var blocks = await region.Journal.ReadAsync(partition, from, ReadBytes, ct);
        if (blocks.Count > 0 && blocks[0].Start == from) return blocks;
        throw new InvalidDataException($"The journal of partition {partition} has no block at offset {from}: it is damaged. Restore the database from a backup.");
    }

    /// <summary>Under the lock.</summary>
    private bool HasRoom => _end - _folded <= UnfoldedBytesMax;

    private List<Waiting> TakeGathered()
    {
        lock (_gate)
        {
            var group = _gathering;
            _gathering = [];
            return group;
        }
    }

    private async Task WriteAsync(List<Waiting> group, CancellationToken stop)
    {
        byte[][] parts = [.. group.SelectMany(waiting => (byte[][])[DoorFrame.Make(waiting.Append.Door, waiting.Append.Sequence), waiting.Append.Frames])];
        var block = new StoredBlock(_end, Packed.Join(parts));
        try
        {
            await region.Committer.CommitAsync(new(partition, state.Epoch, block.Start, block.Frames), stop);
        }
        catch
        {
            Refuse(group);
            throw;
        }
        lock (_gate)
        {
            _end = block.End;
            JournalTail.Tally(block.Frames, _received);
            _queue.Enqueue(block);
            foreach (var waiting in group)
            {
                Remember(waiting.Append.Door, waiting.Append.Sequence, block.Start);
                _origins.Add(block.End, waiting.Origin);
                if (_waiting.TryGetValue(waiting.Append.Door, out var last) && last == waiting) _waiting.Remove(waiting.Append.Door);
            }
        }
        foreach (var waiting in group) waiting.Done.TrySetResult();
        Appended.Set();
    }

    private void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            // Also those of a block that was under way: whether it was written, the next activation sees.
            Refuse([.. _gathering, .. _waiting.Values]);
            LetWaiters();
        }
    }

    /// <summary>Their doors send them again, to whoever has the partition then.</summary>
    private void Refuse(List<Waiting> group)
    {
        foreach (var waiting in group) waiting.Done.TrySetException(new NotTheWriterException(partition));
    }

    private void RememberDoors(in StoredBlock block)
    {
        ReadOnlySpan<byte> frames = block.Frames;
        while (Frame.TryRead(ref frames, out var frame))
        {
            if (frame.Kind != FrameKind.Door) continue;
            var (door, sequence) = DoorFrame.Read(frame.Body);
            Remember(door, sequence, block.Start);
        }
    }

    private void Remember(long door, long sequence, long block)
    {
        _doors[door] = (sequence, block);
        // Those that wrote longest ago: a silo may run for long while others start often.
        if (_doors.Count > DoorsMax) _doors.Remove(_doors.MinBy(known => (known.Value.Block, known.Key)).Key);
    }

    private void LetWaiters()
    {
        _room.TrySetResult();
        _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Waiting(WireAppend append, ActivityContext origin)
    {
        public WireAppend Append => append;

        /// <summary>The span that it came with.</summary>
        public ActivityContext Origin => origin;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
