namespace MekongTwin.Silo.Twins;

/// <summary>Wakes one loop; set twice before it looks is set once.</summary>
internal sealed class Signal
{
    private readonly SemaphoreSlim _set = new(0, 1);

    public void Set()
    {
        lock (_set)
        {
            if (_set.CurrentCount == 0) _set.Release();
        }
    }

    /// <summary>Completes when it is set, or when the time is over.</summary>
    public Task<bool> WaitAsync(TimeSpan atMost) => _set.WaitAsync(atMost);
}
