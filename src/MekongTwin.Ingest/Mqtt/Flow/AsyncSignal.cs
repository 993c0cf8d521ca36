using System.Threading.Tasks.Sources;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// An auto-reset signal for one waiter that allocates nothing. Signals given while nobody waits are remembered once.
/// Unless <c>continueElsewhere</c>, the waiter goes on inside <see cref="Set"/>: call it without holding locks.
/// </summary>
internal sealed class AsyncSignal(bool continueElsewhere) : IValueTaskSource
{
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = continueElsewhere };
    private bool _waiting;
    private bool _signalled;

    public void Set()
    {
        lock (_lock)
        {
            if (!_waiting)
            {
                _signalled = true;
                return;
            }

            _waiting = false;
        }

        _core.SetResult(true);
    }

    /// <summary>Completes at the next signal, or at once when one is remembered. One caller at a time.</summary>
    public ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (_signalled)
            {
                _signalled = false;
                return ValueTask.CompletedTask;
            }

            _core.Reset();
            _waiting = true;
            return new ValueTask(this, _core.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    /// <summary>
    /// Always pending: a waiter that saw the result before <see cref="Set"/> has finished could wait again, and the end of
    /// that call would then complete the new wait.
    /// </summary>
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => ValueTaskSourceStatus.Pending;

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
