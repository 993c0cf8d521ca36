using System.Diagnostics;
using MekongTwin.Domain.Journal;

namespace MekongTwin.History.Journal;

/// <summary>Bounds of the journal.</summary>
public sealed record JournalOptions
{
    /// <summary>A segment is closed when it reaches this size.</summary>
    public long SegmentBytes { get; init; } = 16 << 20;

    /// <summary>Most bytes that wait for a group commit; then the doors wait. Half of it is the largest append: the model of a million points.</summary>
    public int PendingBytesMax { get; init; } = Block.BodyMax;

    /// <summary>Most bytes on disk that the twins have not folded; then the doors wait.</summary>
    public long UnappliedBytesMax { get; init; } = 64 << 20;

    /// <summary>How long a commit that nobody waits for may collect more.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// How long after a commit the next one waits for as much again. Clients answer acknowledgements with as many new
    /// messages; without it these would be committed in the pieces in which they come.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Between tries while the disk refuses (full, failing).</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How much of the newest journal is not sealed: at least what may wait for the fold.</summary>
    public long RawBytesKept { get; init; } = 64 << 20;
}

/// <summary>How the journal is, for the health page.</summary>
public sealed record JournalStatus(long DurableOffset, long AppliedOffset, int PendingBytes, long Commits, double CommitP99Ms, string? Fault);

/// <summary>
/// The append-only record of everything admitted; it is also the queue. Appends gather in memory; one thread writes them as
/// a block and makes it durable, then tells who waits. A write or sync that fails poisons its segment: the same bytes go to
/// a new one, and nothing is acknowledged until that succeeds.
/// </summary>
public sealed class JournalLog : IJournalWriter, IDisposable
{
    private readonly IJournalFiles _files;
    private readonly JournalOptions _options;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _committer;
    private readonly LatencyWindow _latency = new();
    private readonly CancellationTokenSource _stop = new();
    private byte[] _gathering;
    private byte[] _committing;
    private int _gathered = Block.HeaderSize;
    private bool _urgent;

    // What wakes the committer: so many bytes, or an urgent wish. While it commits, nothing need.
    private int _wakeAt = int.MaxValue;
    private bool _wakesIfUrgent;
    private int _lastSize;
    private long _lastCommit;
    private long _ticket = 1;
    private TaskCompletionSource? _durableWaiters;
    private TaskCompletionSource? _roomWaiters;
    private IJournalFile _file;
    private Segment _segment;
    private long _durable;
    private long _durableOffset;
    private long _appliedOffset;
    private readonly long _openedAt;
    private long _commits;
    private string? _fault;
    private long _lingerSince;
    private bool _poisoned;
    private int _rolls;

    private JournalLog(IJournalFiles files, JournalOptions options, SealedHistory history, Segment segment, IJournalFile file, long identity, long end)
    {
        Identity = identity;
        Sealed = history;
        _files = files;
        _options = options;
        _segment = segment;
        _file = file;
        _durableOffset = _appliedOffset = _openedAt = end;
        _gathering = new byte[options.PendingBytesMax + Block.HeaderSize];
        _committing = new byte[options.PendingBytesMax + Block.HeaderSize];
        _committer = new Thread(CommitLoop) { IsBackground = true, Name = "journal" };
        _committer.Start();
    }

    /// <summary>A random number that tells this journal from every other one.</summary>
    public long Identity { get; }

    /// <summary>What of it is sealed.</summary>
    public SealedHistory Sealed { get; }

    /// <summary>Everything before this journal offset is old enough to be sealed.</summary>
    public long SealableOffset => DurableOffset - _options.RawBytesKept;

    /// <summary>A group this large is committed without lingering.</summary>
    private int CommitAtBytes => _gathering.Length / 16;

    /// <summary>Most bytes in one append.</summary>
    public int AppendBytesMax => _options.PendingBytesMax / 2;

    /// <summary>Every ticket up to this one is durable.</summary>
    public long Durable => Volatile.Read(ref _durable);

    /// <summary>Everything before this journal offset is durable.</summary>
    public long DurableOffset => Volatile.Read(ref _durableOffset);

    /// <summary>
    /// Bytes that hold the doors back. What was there at the opening does not: a city whose history is folded again goes on
    /// taking in what is new.
    /// </summary>
    private long HoldingBytes => DurableOffset - Math.Max(Volatile.Read(ref _appliedOffset), _openedAt);

    /// <summary>Bytes on disk that the twins have not folded yet.</summary>
    public long UnappliedBytes => DurableOffset - Volatile.Read(ref _appliedOffset);

    public JournalStatus Status
    {
        get
        {
            lock (_gate) return new(_durableOffset, _appliedOffset, _gathered - Block.HeaderSize, _commits, _latency.PercentileMs(0.99), _fault);
        }
    }

    /// <summary>
    /// Opens the journal, cutting off a torn last block. Refuses damage that a torn write cannot explain, and a journal that
    /// is not the <paramref name="known"/> one or ends before it was durable once.
    /// </summary>
    public static JournalLog Open(IJournalFiles files, JournalOptions options, JournalMark known = default)
    {
        var history = SealedHistory.Open(files);
        var (segment, file, identity, end) = JournalRecovery.OpenLast(files, known, history.End);
        try
        {
            history.RequireJournal(identity);
            // What a seal took the place of may still be there after a stop.
            Sealer.Clean(files, history, history.Superfluous);
            return new(files, options, history, segment, file, identity, end);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public bool TryAppend(ReadOnlySpan<byte> frames, bool urgent, out long ticket)
    {
        if (frames.Length > AppendBytesMax) throw new ArgumentException($"{frames.Length} bytes at once: at most {AppendBytesMax} go into one append.", nameof(frames));
        bool wake;
        lock (_gate)
        {
            // Nothing to add to nothing: what was there before is what there is to wait for.
            ticket = frames.Length == 0 && _gathered == Block.HeaderSize ? _ticket - 1 : _ticket;
            if (frames.Length > _gathering.Length - _gathered || HoldingBytes > _options.UnappliedBytesMax) return false;
            var before = _gathered;
            frames.CopyTo(_gathering.AsSpan(before));
            _gathered += frames.Length;
            wake = (before < _wakeAt && _gathered >= _wakeAt) || (urgent && !_urgent && _wakesIfUrgent);
            _urgent |= urgent;
        }
        if (wake) _wake.Set();
        return true;
    }

    public async ValueTask WaitRoomAsync(CancellationToken ct)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_gathered < _gathering.Length / 2 && HoldingBytes <= _options.UnappliedBytesMax) return;
                room = (_roomWaiters ??= NewSignal()).Task;
            }
            await room.WaitAsync(ct);
        }
    }

    public async ValueTask WaitDurableAsync(long ticket, CancellationToken ct)
    {
        while (Durable < ticket)
        {
            Task signal;
            bool wake;
            lock (_gate)
            {
                if (_durable >= ticket) return;
                signal = (_durableWaiters ??= NewSignal()).Task;
                wake = !_urgent && _wakesIfUrgent;
                _urgent = true;
            }
            if (wake) _wake.Set();
            await (ct.CanBeCanceled ? signal.WaitAsync(ct) : signal);
        }
    }

    /// <summary>Completes when something beyond this offset is durable.</summary>
    public async ValueTask WaitBeyondAsync(long offset, CancellationToken ct)
    {
        while (DurableOffset <= offset)
        {
            Task signal;
            lock (_gate)
            {
                if (_durableOffset > offset) return;
                signal = (_durableWaiters ??= NewSignal()).Task;
            }
            await signal.WaitAsync(ct);
        }
    }

    /// <summary>The twins have folded everything before this offset.</summary>
    public void SetApplied(long offset)
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            _appliedOffset = offset;
            room = _roomWaiters;
            _roomWaiters = null;
        }
        room?.TrySetResult();
    }

    /// <summary>A reader of what is on disk, from an offset on.</summary>
    public JournalReader Read(long offset, SealedAs sealedAs = SealedAs.Everything) => new(_files, Sealed, offset, sealedAs, () => Volatile.Read(ref _rolls) + Sealed.Changes);

    public void Dispose()
    {
        if (_stop.IsCancellationRequested) return;
        _stop.Cancel();
        _wake.Set();
        _committer.Join();
        _file.Dispose();
        _wake.Dispose();
        _stop.Dispose();
        lock (_gate)
        {
            _durableWaiters?.TrySetCanceled();
            _roomWaiters?.TrySetCanceled();
        }
    }

    private void CommitLoop()
    {
        while (true)
        {
            var stopping = _stop.IsCancellationRequested;
            if (!TryTakeGroup(stopping, out var size, out var wait))
            {
                if (stopping) return;
                _wake.WaitOne(wait == TimeSpan.MaxValue ? Timeout.Infinite : (int)Math.Ceiling(wait.TotalMilliseconds));
                continue;
            }
            if (!Commit(size)) return;
        }
    }

    /// <summary>Swaps the buffers when something is due; otherwise says how long to wait and what ends the wait.</summary>
    private bool TryTakeGroup(bool stopping, out int size, out TimeSpan wait)
    {
        lock (_gate)
        {
            size = _gathered;
            wait = stopping ? TimeSpan.Zero : WaitForMore();
            if (wait > TimeSpan.Zero || size == Block.HeaderSize) return false;
            (_gathering, _committing) = (_committing, _gathering);
            _gathered = Block.HeaderSize;
            _urgent = _wakesIfUrgent = false;
            _wakeAt = int.MaxValue;
            _lingerSince = 0;
            _lastSize = size;
            _ticket++;
            return true;
        }
    }

    private TimeSpan WaitForMore()
    {
        // Pieces have a header each: a few fewer bytes may be as many messages.
        var enough = Math.Min(_lastSize - _lastSize / 16, CommitAtBytes);
        var patience = _options.Patience - Stopwatch.GetElapsedTime(_lastCommit);
        _wakesIfUrgent = _gathered >= enough || patience <= TimeSpan.Zero;
        if (!_wakesIfUrgent)
        {
            _wakeAt = enough;
            return patience;
        }
        if (_gathered == Block.HeaderSize)
        {
            _wakeAt = Block.HeaderSize + 1;
            return TimeSpan.MaxValue;
        }
        if (_urgent || _gathered >= CommitAtBytes) return TimeSpan.Zero;
        _wakeAt = CommitAtBytes;
        if (_lingerSince == 0) _lingerSince = Stopwatch.GetTimestamp();
        return _options.Linger - Stopwatch.GetElapsedTime(_lingerSince);
    }

    private bool Commit(int size)
    {
        var began = Stopwatch.GetTimestamp();
        var block = _committing.AsSpan(0, size);
        Block.WriteHeader(block, _durableOffset);
        while (!TryWrite(block))
        {
            if (_stop.Token.WaitHandle.WaitOne(_options.RetryDelay)) return false;
        }
        TaskCompletionSource? durable, room;
        lock (_gate)
        {
            _fault = null;
            _commits++;
            _durable++;
            _durableOffset += size;
            _lastCommit = Stopwatch.GetTimestamp();
            _latency.Add(Stopwatch.GetElapsedTime(began, _lastCommit));
            (durable, room) = (_durableWaiters, _roomWaiters);
            _durableWaiters = _roomWaiters = null;
        }
        durable?.TrySetResult();
        room?.TrySetResult();
        return true;
    }

    private bool TryWrite(ReadOnlySpan<byte> block)
    {
        try
        {
            if (_poisoned || _durableOffset - _segment.BaseOffset >= _options.SegmentBytes) Roll();
            _file.Write(_segment.Position(_durableOffset), block);
            _file.Sync();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _poisoned = true;
            lock (_gate) _fault = $"The journal cannot be written: {e.Message} Nothing is acknowledged until it can; free space or mend the disk, it resumes by itself.";
            return false;
        }
    }

    /// <summary>Goes on in a new segment, which starts at the first offset that is not durable.</summary>
    private void Roll()
    {
        var next = Segment.At(_durableOffset);
        // A segment poisoned before its first block has the same name: nothing in it was acknowledged.
        if (next.Name == _segment.Name || _files.List(Segment.Extension).Contains(next.Name))
        {
            if (next.Name == _segment.Name) _file.Dispose();
            _files.Delete(next.Name);
        }
        var file = JournalRecovery.CreateSegment(_files, next, Identity);
        if (next.Name != _segment.Name) _file.Dispose();
        _file = file;
        _segment = next;
        _poisoned = false;
        Interlocked.Increment(ref _rolls);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
