using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Findings;

/// <summary>Gathers signs of one kind, in order of time, into findings: signs close together are one episode.</summary>
internal sealed class Episodes(FindingKind kind, List<Finding> into)
{
    /// <summary>Signs no further apart belong together: so a day has at most 96 findings of a kind, however often it fails.</summary>
    public const long ApartUs = Instant.Quarter;

    private Finding _open;
    private double _severity;

    /// <param name="fromUs">Where the sign begins.</param>
    /// <param name="toUs">Where it ends.</param>
    /// <param name="worst">What it is about.</param>
    /// <param name="severity">How bad it is: the worst of an episode is its most severe.</param>
    /// <param name="count">Readings in it.</param>
    public void Add(long fromUs, long toUs, double worst, double severity, int count = 1)
    {
        if (_open.Count > 0 && fromUs - _open.ToUs < ApartUs)
        {
            _open = _open with { ToUs = Math.Max(_open.ToUs, toUs), Count = _open.Count + count, Worst = severity > _severity ? worst : _open.Worst };
            _severity = Math.Max(_severity, severity);
            return;
        }
        Close();
        _open = new(kind, fromUs, toUs, count, worst);
        _severity = severity;
    }

    public void Close()
    {
        if (_open.Count > 0) into.Add(_open);
        _open = default;
    }
}
