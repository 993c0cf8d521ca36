namespace MekongTwin.Host.Running;

/// <summary>A journal offset that only grows, and those who wait for it to come somewhere. Thread-safe.</summary>
internal sealed class Progress(long offset)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _moved = NewSignal();
    private long _offset = offset;

    public void Advance(long offset)
    {
        TaskCompletionSource moved;
        lock (_gate)
        {
            if (offset <= _offset) return;
            _offset = offset;
            (moved, _moved) = (_moved, NewSignal());
        }
        moved.SetResult();
    }

    /// <summary>Completes when it has come to this offset.</summary>
    public async Task WaitAsync(long offset, CancellationToken ct)
    {
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                if (_offset >= offset) return;
                moved = _moved.Task;
            }
            await moved.WaitAsync(ct);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
