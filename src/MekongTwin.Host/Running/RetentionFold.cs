using MekongTwin.Domain.Readings;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Twins;

namespace MekongTwin.Host.Running;

/// <summary>Lets retention take its steps beside the fold, which stands still only for the moment of the switch.</summary>
internal sealed class RetentionFold(Projector projector, LocalTwins twins, TwinStore store, SealedHistory history) : IRetentionFold
{
    private volatile bool _cameTooLate;

    public async ValueTask<long> WatchAsync(Horizon next, CancellationToken ct)
    {
        var (from, commit) = (0L, 0L);
        await projector.BetweenStepsAsync(applied =>
        {
            // A twin that was set aside needs the readings that it missed.
            if (twins.SetAside > 0) throw new JournalException("a twin is set aside, and needs the readings that it missed.");
            commit = projector.NextCommit;
            (from, _cameTooLate) = (applied, false);
            projector.Watch = readings => Look(readings.Span, next);
        }, ct);
        await projector.Committed.WaitAsync(from, ct);
        // What a twin caught up with is committed for the same offset.
        await projector.Commits.WaitAsync(commit, ct);
        return from;
    }

    public async ValueTask<bool> TrySwitchAsync(Action<long> @switch, CancellationToken ct)
    {
        var isSwitched = false;
        await projector.BetweenStepsAsync(applied =>
        {
            projector.Watch = null;
            // A twin that was set aside needs the readings that it missed.
            if (_cameTooLate || twins.SetAside > 0) return;
            @switch(applied);
            store.Horizon = history.Horizon;
            isSwitched = true;
        }, ct);
        return isSwitched;
    }

    private void Look(ReadOnlySpan<Reading> readings, Horizon next)
    {
        foreach (ref readonly var reading in readings) _cameTooLate |= next.IsTooLate(reading);
    }
}
