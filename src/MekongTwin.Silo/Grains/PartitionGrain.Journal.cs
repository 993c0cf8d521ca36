using System.Diagnostics;
using MekongTwin.Domain.Journal;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Grains;

/// <summary>The partition's journal: appends gather while the block before them is committed.</summary>
internal sealed partial class PartitionGrain
{
    /// <summary>Bytes that are durable, in memory and not folded; then appends wait.</summary>
    private const int QueuedBytesMax = 8 << 20;

    /// <summary>Bytes read from the journal at once.</summary>
    private const int ReadBytes = 1 << 20;

    /// <summary>Doors that are remembered: each start of a silo is one.</summary>
    private const int DoorsMax = 256;

    private readonly Signal _wakeWriter = new();
    private readonly Dictionary<long, long> _doors = [];
    private readonly Dictionary<long, Waiting> _waiting = [];
    private readonly Queue<StoredBlock> _queue = new();
    private readonly List<TaskCompletionSource> _roomWaiters = [];
    private List<Waiting> _gathering = [];

    // Readings of each source that were ever journalled here, folded or not.
    private readonly Dictionary<int, long> _received = [];
    private long _queuedBytes;
    private long _journalled;

    public async Task AppendAsync(WireAppend append)
    {
        while (true)
        {
            if (_doors.TryGetValue(append.Door, out var last) && append.Sequence <= last) return;
            if (_waiting.TryGetValue(append.Door, out var sent) && sent.Append.Sequence == append.Sequence)
            {
                await sent.Done.Task;
                return;
            }
            if (_stop.IsCancellationRequested) throw new NotTheWriterException(_number);
            if (_queuedBytes <= QueuedBytesMax) break;
            var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _roomWaiters.Add(room);
            await room.Task;
        }
        var waiting = new Waiting(append, new(TaskCreationOptions.RunContinuationsAsynchronously), Activity.Current?.Context ?? default);
        _waiting[append.Door] = waiting;
        _gathering.Add(waiting);
        _wakeWriter.Set();
        await waiting.Done.Task;
    }

    private async Task WriteLoopAsync()
    {
        // The loop is no part of the call that made the activation.
        Activity.Current = null;
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                await _wakeWriter.WaitAsync(Timeout.InfiniteTimeSpan);
                while (_gathering.Count > 0 && !_stop.IsCancellationRequested) await WriteAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // What waits is told below: its door sends it again, to the next activation.
        }
        catch (Exception e)
        {
            End(e);
        }
        foreach (var waiting in _waiting.Values) waiting.Done.TrySetException(new NotTheWriterException(_number));
        _waiting.Clear();
        LetWaiters();
    }

    private async Task WriteAsync()
    {
        var group = _gathering;
        _gathering = [];
        var frames = new MemoryStream();
        foreach (var waiting in group)
        {
            frames.Write(DoorFrame.Make(waiting.Append.Door, waiting.Append.Sequence));
            frames.Write(waiting.Append.Frames);
        }
        var block = new StoredBlock(_journalled, frames.ToArray());
        await _region.Committer.CommitAsync(new(_number, _partition.Epoch, block.Start, block.Frames), _stop.Token);
        _journalled = block.End;
        JournalTail.Tally(block.Frames, _received);
        _queue.Enqueue(block);
        _queuedBytes += block.Frames.Length;
        foreach (var waiting in group)
        {
            Remember(waiting.Append.Door, waiting.Append.Sequence);
            _origins.Add(block.End, waiting.Origin);
            _waiting.Remove(waiting.Append.Door);
            waiting.Done.TrySetResult();
        }
        _wakeFolder.Set();
    }

    /// <summary>The last appends of doors, and what was received: what is stored, and the blocks behind.</summary>
    private async Task LoadDoorsAsync(PartitionState state, CancellationToken ct)
    {
        foreach (var (door, sequence) in FactsCodec.ReadDoors(state.Doors)) Remember(door, sequence);
        foreach (var (source, line) in _ledger.Snapshot()) _received[source] = line.Journalled;
        for (var from = _applied; from < _journalled;)
        {
            foreach (var block in await ReadBlocksAsync(from, ct))
            {
                JournalTail.Tally(block.Frames, _received);
                ReadOnlySpan<byte> body = block.Frames;
                while (Frame.TryRead(ref body, out var frame))
                {
                    if (frame.Kind != FrameKind.Door) continue;
                    var (door, sequence) = DoorFrame.Read(frame.Body);
                    Remember(door, sequence);
                }
                from = block.End;
            }
        }
    }

    private async Task<IReadOnlyList<StoredBlock>> ReadBlocksAsync(long from, CancellationToken ct)
    {
        var blocks = await _region.Journal.ReadAsync(_number, from, ReadBytes, ct);
        if (blocks.Count > 0 && blocks[0].Start == from) return blocks;
        throw new InvalidDataException($"The journal of partition {_number} has no block at offset {from}: it is damaged. Restore the database from a backup.");
    }

    private void Remember(long door, long sequence)
    {
        _doors[door] = sequence;
        // Doors are numbered as silos start: the oldest are of silos that are long gone.
        if (_doors.Count > DoorsMax) _doors.Remove(_doors.Keys.Min());
    }

    private void LetWaiters()
    {
        foreach (var waiter in _roomWaiters) waiter.TrySetResult();
        _roomWaiters.Clear();
    }

    private static void Take(JournalBatch batch, in StoredBlock block)
    {
        ReadOnlySpan<byte> body = block.Frames;
        while (Frame.TryRead(ref body, out var frame))
        {
            StoredFormat.Check(frame.Kind);
            batch.Take(frame, block.Start);
        }
    }

    private sealed record Waiting(WireAppend Append, TaskCompletionSource Done, ActivityContext Origin);
}
