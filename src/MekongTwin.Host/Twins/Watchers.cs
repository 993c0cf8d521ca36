using System.Runtime.CompilerServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Host.Twins;

/// <summary>
/// Tells watchers which assets changed. Each keeps a set, not a queue: however slow it is, it holds at most every asset once.
/// </summary>
internal sealed class Watchers
{
    private readonly Lock _gate = new();
    private readonly HashSet<Watcher> _open = [];

    /// <param name="wanted">By asset number: whether the watcher wants to hear of it. Asked again when there are more assets.</param>
    public Watcher Open(Func<bool[]> wanted)
    {
        var watcher = new Watcher(this, wanted);
        lock (_gate) _open.Add(watcher);
        return watcher;
    }

    /// <summary><see cref="ITwins.WatchAsync"/> of an edition that says here what changes.</summary>
    public async IAsyncEnumerable<TwinChanges> FollowAsync(ITwins twins, Func<Model> model, WatchFilter filter, [EnumeratorCancellation] CancellationToken ct)
    {
        using var watcher = Open(() => [.. model().Assets.Select(asset => filter.Matches(asset.Id))]);
        yield return new(await twins.ViewAsync([.. model().Assets.Where(asset => filter.Matches(asset.Id)).Select(asset => asset.Id)], ct), 0);
        while (true)
        {
            var (changed, skipped) = await watcher.NextAsync(ct);
            var assets = model().Assets;
            yield return new(await twins.ViewAsync([.. changed.Select(number => assets[number].Id)], ct), skipped);
            await Task.Delay(filter.Interval, ct);
        }
    }

    public void Changed(IEnumerable<int> assets)
    {
        lock (_gate)
        {
            if (_open.Count == 0) return;
            var list = assets as IReadOnlyCollection<int> ?? [.. assets];
            foreach (var watcher in _open) watcher.Add(list);
        }
    }

    public sealed class Watcher(Watchers owner, Func<bool[]> wanted) : IDisposable
    {
        private readonly SemaphoreSlim _signal = new(0, 1);
        private bool[] _wanted = wanted();
        private HashSet<int> _changed = [];
        private long _skipped;

        public void Add(IReadOnlyCollection<int> assets)
        {
            foreach (var asset in assets)
            {
                if (asset >= _wanted.Length) _wanted = wanted();
                if (asset < _wanted.Length && _wanted[asset] && !_changed.Add(asset)) _skipped++;
            }
            if (_changed.Count > 0 && _signal.CurrentCount == 0) _signal.Release();
        }

        /// <summary>Waits for changes, then takes them all; counts the states that newer ones replaced unseen.</summary>
        public async Task<(IReadOnlyCollection<int> Changed, long Skipped)> NextAsync(CancellationToken ct)
        {
            while (true)
            {
                await _signal.WaitAsync(ct);
                lock (owner._gate)
                {
                    if (_changed.Count == 0) continue;
                    var taken = (_changed, _skipped);
                    _changed = [];
                    _skipped = 0;
                    return taken;
                }
            }
        }

        public void Dispose()
        {
            lock (owner._gate) owner._open.Remove(this);
            _signal.Dispose();
        }
    }
}
