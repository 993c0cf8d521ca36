using System.Globalization;
using MekongTwin.Api;
using MekongTwin.Silo.Storage;

namespace MekongTwin.Silo.Running;

/// <summary>
/// Which silos there are: says in one line when one joins, stops or is gone, and which is missing. One that died is missing at once; one that
/// was stopped only when the broker keeps its share of the stream and it has not come back soon. After a day, when the broker's
/// sessions end, a name is forgotten.
/// </summary>
internal sealed class SiloRoster(TimeProvider clock, ILogger<SiloRoster> logger)
{
    /// <summary>A silo that is stopped to be started again is back by then.</summary>
    private static readonly TimeSpan RestartWithin = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, SiloAddress> _here = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SiloName> _away = new(StringComparer.Ordinal);

    public HealthCheck Health
    {
        get
        {
            lock (_gate)
            {
                var gone = _away.Values.Where(silo => !silo.WasStopped).ToList();
                var waits = _away.Values.Where(silo => silo is { WasStopped: true, HasSession: true } && clock.GetUtcNow() - silo.SeenAt > RestartWithin).ToList();
                var sentences = new List<string>();
                if (gone.Count > 0) sentences.Add($"Gone: {Text(gone)}; left: {Here()}. Start what is gone again.");
                if (waits.Count > 0) sentences.Add($"Stopped: {Text(waits)}.");
                if (waits.Count > 0 || gone.Any(silo => silo.HasSession)) sentences.Add("The broker keeps a share of the stream for each of them, a day at most: start it again under its name until that has come; one that shall stay away is then taken off the list with 'silos forget NAME'.");
                return sentences.Count == 0
                    ? new("silos", true, Here()) { Required = false, IsLoggedElsewhere = true }
                    : new("silos", false, string.Join(' ', sentences)) { Required = false, IsLoggedElsewhere = true, Since = gone.Concat(waits).Min(silo => silo.SeenAt) };
            }
        }
    }

    /// <summary>True when a silo that was here is dead by what the membership says, and it is not known yet whether it was stopped.</summary>
    public bool Misses(IEnumerable<ClusterMember> members)
    {
        lock (_gate) return members.Any(HasLeft);
    }

    /// <summary>Takes in what the membership says now.</summary>
    /// <param name="members">Every silo of the last hour.</param>
    /// <param name="names">What the database says of names, as new as it is at hand.</param>
    public void Look(IEnumerable<ClusterMember> members, IReadOnlyList<SiloName> names)
    {
        lock (_gate)
        {
            foreach (var member in members.OrderBy(member => member.SiloAddress.Generation))
            {
                if (member.Status == SiloStatus.Active) Join(member);
                else if (HasLeft(member)) Leave(member, names.FirstOrDefault(name => name.Name == member.Name));
            }
        }
    }

    /// <summary>Takes in what the database says of those that are not here: whoever is not named there any more is forgotten.</summary>
    public void Look(IReadOnlyList<SiloName> names)
    {
        lock (_gate)
        {
            foreach (var name in _away.Keys.Except(names.Select(name => name.Name)).ToList()) _away.Remove(name);
            foreach (var name in names.Where(name => !_here.ContainsKey(name.Name))) _away[name.Name] = name;
        }
    }

    private bool HasLeft(ClusterMember member) => member.Status == SiloStatus.Dead && _here.TryGetValue(member.Name, out var known) && known.Equals(member.SiloAddress);

    private void Join(ClusterMember member)
    {
        if (_here.TryGetValue(member.Name, out var known) && known.Generation >= member.SiloAddress.Generation) return;
        _here[member.Name] = member.SiloAddress;
        _away.Remove(member.Name);
        RosterLog.Joined(logger, member.Name, member.SiloAddress.Endpoint.ToString(), Here());
    }

    private void Leave(ClusterMember member, SiloName? name)
    {
        _here.Remove(member.Name);
        var left = _away[member.Name] = name ?? new(member.Name, clock.GetUtcNow().UtcDateTime, WasStopped: false, HasSession: false);
        if (left.WasStopped) RosterLog.Stopped(logger, member.Name, Here());
        else RosterLog.Gone(logger, member.Name, Here());
    }

    private static string Text(IEnumerable<SiloName> silos) => string.Join(", ", silos.Select(silo => $"{silo.Name} (since {silo.SeenAt.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)})"));

    private string Here() => $"{_here.Count} {(_here.Count == 1 ? "silo" : "silos")} ({string.Join(", ", _here.Keys)})";
}

/// <summary>
/// Follows the membership for as long as the silo runs, says in the database that this one is here, and ends it when another one has its
/// name: two that are started at the same moment do not see each other before.
/// </summary>
internal sealed class RosterWatch(SiloRoster roster, SiloNameTable table, bool hasSession, IClusterMembershipService membership, ILocalSiloDetails here, IHostApplicationLifetime lifetime, ILogger<RosterWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>Looks in a row at which another silo has this one's name. One that only died is declared dead by then.</summary>
    private const int TwinLooksMax = 4;

    private int _twinLooks;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // While it still may: what comes after is said by the others.
        lifetime.ApplicationStopping.Register(() => SayAndReadAsync(stops: true, CancellationToken.None).Wait(Period));
        await Task.WhenAll(FollowAsync(stoppingToken), RepeatAsync(stoppingToken));
    }

    private async Task FollowAsync(CancellationToken ct)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(ct))
        {
            // That this one is dead is said by SiloEnd.
            var members = snapshot.Members.Values.Where(member => member.Status != SiloStatus.Dead || !member.SiloAddress.Equals(here.SiloAddress)).ToList();
            roster.Look(members, roster.Misses(members) ? await TryAsync(table.ReadAsync, ct) ?? [] : []);
        }
    }

    private async Task RepeatAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Period);
        do
        {
            EndIfTwin();
            if (lifetime.ApplicationStopping.IsCancellationRequested) return;
            if (await SayAndReadAsync(stops: false, ct) is { } names) roster.Look(names);
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    private void EndIfTwin()
    {
        var twin = membership.CurrentSnapshot.Members.Values.FirstOrDefault(member => member.Status == SiloStatus.Active && member.Name == here.Name && member.SiloAddress.CompareTo(here.SiloAddress) < 0);
        _twinLooks = twin is null ? 0 : _twinLooks + 1;
        if (_twinLooks < TwinLooksMax) return;
        RosterLog.Twin(logger, here.Name, twin!.SiloAddress.Endpoint.ToString());
        Environment.ExitCode = 2;
        lifetime.StopApplication();
    }

    private Task<IReadOnlyList<SiloName>?> SayAndReadAsync(bool stops, CancellationToken ct) => TryAsync(async stop =>
    {
        await table.SayAsync(here.Name, hasSession, stops, stop);
        return await table.ReadAsync(stop);
    }, ct);

    /// <summary>What the database says; null while it is away, which the health page says.</summary>
    private static async Task<T?> TryAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken ct)
        where T : class
    {
        try
        {
            return await work(ct);
        }
        catch (Exception e) when (PostgresFault.Is(e) || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
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

    [LoggerMessage(Level = LogLevel.Error, Message = "Another silo is named {Silo}, at {Address}: this one ends. Give each silo a name of its own with --name.")]
    public static partial void Twin(ILogger logger, string silo, string address);
}
