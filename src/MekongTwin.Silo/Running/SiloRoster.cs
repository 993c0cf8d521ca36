using MekongTwin.Api;

namespace MekongTwin.Silo.Running;

/// <summary>
/// Which silos there are: says in one line when one joins, stops or is gone, and which is missing. One that was stopped is not
/// missing; one that died is, until it comes back under its name or an hour has passed.
/// </summary>
internal sealed class SiloRoster(TimeProvider clock, ILogger<SiloRoster> logger)
{
    private static readonly TimeSpan MissedFor = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, SiloAddress> _here = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, DateTimeOffset> _missing = new(StringComparer.Ordinal);
    private readonly HashSet<SiloAddress> _stopping = [];

    /// <summary>Unhealthy while a silo is missing: the others serve without it, and one more may not.</summary>
    public HealthCheck Health
    {
        get
        {
            lock (_gate)
            {
                foreach (var name in _missing.Where(gone => clock.GetUtcNow() - gone.Value > MissedFor).Select(gone => gone.Key).ToList()) _missing.Remove(name);
                if (_missing.Count == 0) return new("silos", true, Here()) { Required = false, IsToldByItself = true };
                var detail = $"{(_missing.Count == 1 ? "Silo" : "Silos")} {string.Join(", ", _missing.Keys)} {(_missing.Count == 1 ? "is" : "are")} gone; left: {Here()}. Start {(_missing.Count == 1 ? "it" : "them")} again; what stays away is forgotten after an hour.";
                return new("silos", false, detail) { Required = false, IsToldByItself = true, Since = _missing.Values.Min() };
            }
        }
    }

    /// <summary>Takes in what the membership says now: every silo of the last hour.</summary>
    public void Look(IEnumerable<ClusterMember> members)
    {
        lock (_gate)
        {
            foreach (var member in members.OrderBy(member => member.SiloAddress.Generation))
            {
                if (member.Status is SiloStatus.ShuttingDown or SiloStatus.Stopping) _stopping.Add(member.SiloAddress);
                if (member.Status == SiloStatus.Active) Join(member);
                else if (member.Status == SiloStatus.Dead) Leave(member);
            }
        }
    }

    private void Join(ClusterMember member)
    {
        if (_here.TryGetValue(member.Name, out var known) && known.Generation >= member.SiloAddress.Generation) return;
        _here[member.Name] = member.SiloAddress;
        _missing.Remove(member.Name);
        RosterLog.Joined(logger, member.Name, member.SiloAddress.Endpoint.ToString(), Here());
    }

    private void Leave(ClusterMember member)
    {
        if (!_here.TryGetValue(member.Name, out var known) || !known.Equals(member.SiloAddress)) return;
        _here.Remove(member.Name);
        if (_stopping.Remove(member.SiloAddress))
        {
            RosterLog.Stopped(logger, member.Name, Here());
            return;
        }
        _missing[member.Name] = clock.GetUtcNow();
        RosterLog.Gone(logger, member.Name, Here());
    }

    private string Here() => $"{_here.Count} {(_here.Count == 1 ? "silo" : "silos")} ({string.Join(", ", _here.Keys)})";
}

/// <summary>Follows the membership for as long as the silo runs.</summary>
internal sealed class RosterWatch(SiloRoster roster, IClusterMembershipService membership, ILocalSiloDetails here) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
        {
            // That this one is dead is said by SiloEnd.
            roster.Look(snapshot.Members.Values.Where(member => member.Status != SiloStatus.Dead || !member.SiloAddress.Equals(here.SiloAddress)));
        }
    }
}

internal static partial class RosterLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Silo} at {Address} has joined: {Here}.")]
    public static partial void Joined(ILogger logger, string silo, string address, string here);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Silo} has stopped; left: {Here}.")]
    public static partial void Stopped(ILogger logger, string silo, string here);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} is gone; left: {Here}. They take its partitions over, and nothing that was acknowledged is lost. Start it again.")]
    public static partial void Gone(ILogger logger, string silo, string here);
}
