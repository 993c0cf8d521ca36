using System.Net;
using System.Net.Sockets;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Storage;
using Npgsql;

namespace MekongTwin.Silo.Running;

/// <summary>
/// A silo's name and address in its cluster. One that starts where another lives would push it out of the membership, or take its
/// session at the broker: it is refused before it has touched anything.
/// </summary>
internal static class SiloPlace
{
    /// <summary>A silo that lives says so every 5 s.</summary>
    private const int LooksMax = 12;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Refuses a port between silos that another program of this machine listens at.</summary>
    public static void RequireFree(SiloOptions options) =>
        new DoorAddress("--silo-port", IPAddress.IsLoopback(options.Advertise) ? IPAddress.Loopback : IPAddress.Any, options.SiloPort).RequireFree();

    /// <summary>Waits until nobody who has this name, or this address from another machine, is seen to live; refuses when somebody is.</summary>
    /// <param name="database">With its tables.</param>
    /// <param name="options">The silo that is to start. Its own port is free: an earlier start of it on this machine has ended.</param>
    /// <param name="clock">Between two looks.</param>
    /// <param name="say">Hears why it takes a while.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task ClaimAsync(NpgsqlDataSource database, SiloOptions options, TimeProvider clock, Action<string> say, CancellationToken ct)
    {
        var before = await ReadOthersAsync(database, options, ct);
        if (before.Count == 0) return;
        say($"{before[0].Text} was here lately. Waiting at most {LooksMax} s to see whether it still is.");
        for (var look = 0; look < LooksMax; look++)
        {
            await Task.Delay(LookEvery, clock, ct);
            var now = await ReadOthersAsync(database, options, ct);
            if (now.FirstOrDefault(other => before.Any(seen => seen.Start == other.Start && seen.Alive != other.Alive)) is { } living) throw Taken(living, options);
            if (now.Count == 0) return;
        }
    }

    private static InputException Taken(Place living, SiloOptions options) => living.Name == options.Name
        ? new($"--name {options.Name}: {living.Text} runs in cluster {options.Cluster}. Give each silo a name of its own.")
        : new($"--advertise {options.Advertise}, --silo-port {options.SiloPort}: {living.Text} runs in cluster {options.Cluster} at this address. Give an address of this machine that the other silos can reach.");

    private static async Task<List<Place>> ReadOthersAsync(NpgsqlDataSource database, SiloOptions options, CancellationToken ct)
    {
        // 2: joining, 3: active. Whose last word is older than any difference between clocks need not be waited for.
        await using var command = database.CreateCommand("""
            SELECT name, address, port, host, generation, alive_time FROM silo
            WHERE cluster = $1 AND status IN (2, 3) AND alive_time > now() - interval '5 minutes'
              AND (name = $2 OR (address = $3 AND port = $4)) AND NOT (address = $3 AND port = $4 AND host = $5)
            ORDER BY generation DESC
            """).With(options.Cluster).With(options.Name).With(options.Advertise.ToString()).With(options.SiloPort).With(Dns.GetHostName());
        await using var rows = await command.ExecuteReaderAsync(ct);
        var others = new List<Place>();
        while (await rows.ReadAsync(ct)) others.Add(new(rows.GetString(0), $"A silo named {rows.GetString(0)} ({rows.GetString(1)}:{rows.GetInt32(2)} on {rows.GetString(3)})", (rows.GetString(1), rows.GetInt32(2), rows.GetInt32(4)), rows.GetDateTime(5)));
        return others;
    }

    /// <summary>A silo as the membership has it: its name, how it is called in a sentence, which start of it, when it last said that it lives.</summary>
    private sealed record Place(string Name, string Text, (string Address, int Port, int Generation) Start, DateTime Alive);
}
