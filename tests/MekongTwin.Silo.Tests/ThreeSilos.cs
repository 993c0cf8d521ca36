using System.Diagnostics;
using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Silo.Grains;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace MekongTwin.Silo.Tests;

/// <summary>Three silos of which one dies, joins, or all start again, while their journals grow: every reading counts once.</summary>
public sealed class ThreeSilos(Postgres postgres)
{
    private const int Partitions = 12;
    private const int ChunkSize = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OneIsKilledWhileItFolds()
    {
        await using var cluster = new ClusterThatFails(postgres, silos: 3);
        await cluster.InitializeAsync();
        var (model, readings) = Day(seed: 41);
        await using var region = await cluster.OpenAsync(model, Partitions);
        var doors = Doors(region, model, readings);
        var sending = SendAsync(doors, share: 1);
        await UntilAsync(() => doors.Sum(door => door.Sent) > readings.Count / ChunkSize / 3, "a third to be sent");
        var victim = 1 + Array.FindIndex([1, 2], silo => Enumerable.Range(0, Partitions).Any(partition => region.HolderOf(partition) == silo));
        Assert.NotEqual(0, victim);
        var died = Stopwatch.StartNew();
        await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[victim]);
        await UntilAsync(() => region.Twins.Silent.Count == 0 && Enumerable.Range(0, Partitions).All(partition => region.HolderOf(partition) is var holder && holder >= 0 && holder != victim), "the others to hold all partitions");
        TestContext.Current.TestOutputHelper?.WriteLine($"The others held all partitions {died.Elapsed.TotalSeconds:0.0} s after a silo was killed.");
        await sending;
        await CheckAsync(region, model, readings, "after a silo was killed");
    }

    [Fact]
    public async Task AThirdJoinsAndPartitionsMoveToIt()
    {
        await using var cluster = new ClusterThatFails(postgres, silos: 2);
        await cluster.InitializeAsync();
        var (model, readings) = Day(seed: 42);
        await using var region = await cluster.OpenAsync(model, Partitions);
        var doors = Doors(region, model, readings);
        await SendAsync(doors, share: 0.3);
        var third = (InProcessSiloHandle)await cluster.Silos.StartAdditionalSiloAsync();
        await region.JoinAsync(third.ServiceProvider.GetRequiredService<Regions>());
        var sending = SendAsync(doors, share: 0.9);
        var silos = cluster.Silos.Silos.Select(silo => silo.SiloAddress).ToList();
        var homes = Enumerable.Range(0, Partitions).Select(partition => silos.IndexOf(HomeDirector.HomeOf($"{region.Name}|{partition}", silos)!)).ToArray();
        Assert.Contains(2, homes);
        await UntilAsync(() => Enumerable.Range(0, Partitions).All(partition => region.HolderOf(partition) == homes[partition]), "every partition to be at home");
        await sending;
        await SendAsync(doors, share: 1);
        await CheckAsync(region, model, readings, "after a silo joined");
    }

    [Fact]
    public async Task AllAreKilledAndStartAgain()
    {
        var (model, readings) = Day(seed: 43);
        string connection;
        List<Door> doors;
        await using (var before = new ClusterThatFails(postgres, silos: 3))
        {
            await before.InitializeAsync();
            var old = await before.OpenAsync(model, Partitions);
            connection = old.Database.ConnectionString;
            doors = Doors(old, model, readings);
            await SendAsync(doors, share: 0.5);
            foreach (var silo in before.Silos.Silos.Reverse().ToList()) await before.Silos.KillSiloAsync(silo);
            await old.AbandonAsync();
        }
        await using var cluster = new ClusterThatFails(postgres, silos: 3);
        await cluster.InitializeAsync();
        await using var region = await cluster.OpenAsync(NpgsqlDataSource.Create(connection), model, Partitions);
        foreach (var door in doors) door.Region = region;
        // What was answered is sent again, as by a door that did not hear it; then the very next one.
        await Task.WhenAll(doors.Select(door => door.SendAgainAsync()));
        await SendAsync(doors, share: 1);
        await CheckAsync(region, model, readings, "after all silos were killed");
    }

    private static (Model Model, List<Reading> Readings) Day(int seed)
    {
        var model = SmallCity.Make();
        return (model, SmallCity.Disturb(SmallCity.Traffic(model, seed, 16 * Instant.Hour, 10 * Instant.Minute), seed + 50));
    }

    private static List<Door> Doors(RegionUnderTest region, Model model, List<Reading> readings) =>
        [.. readings.GroupBy(reading => region.Map.PartitionOf(model.Points[reading.Point].Asset)).Select(own => new Door(region, own.Key, [.. own.Chunk(ChunkSize)]))];

    private static Task SendAsync(List<Door> doors, double share) => Task.WhenAll(doors.Select(door => door.SendAsync(share)));

    private static async Task CheckAsync(RegionUnderTest region, Model model, List<Reading> readings, string when)
    {
        Facts.AssertSame(Facts.ByOracle(model, readings), await region.ReadFactsAsync(), when);
        var line = await region.ReadLedgerAsync();
        var instants = readings.Select(reading => (reading.Point, reading.TimeUs)).Distinct().Count();
        Assert.Equal((readings.Count, instants, readings.Count - instants), (line.Journalled, line.Stored, line.Duplicate));
    }

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        for (var waited = Stopwatch.StartNew(); !condition(); await Task.Delay(TimeSpan.FromMilliseconds(20), Ct))
        {
            if (waited.Elapsed > Patience) Assert.Fail($"Waited too long for {what}.");
        }
    }

    /// <summary>What one door sends to one partition, each append twice.</summary>
    private sealed class Door(RegionUnderTest region, int partition, List<Reading[]> chunks)
    {
        private int _sent;

        public RegionUnderTest Region { get; set; } = region;

        public int Sent => Volatile.Read(ref _sent);

        public async Task SendAsync(double share)
        {
            while (_sent < (int)Math.Round(chunks.Count * share))
            {
                await Task.WhenAll(AppendAsync(_sent), AppendAsync(_sent));
                Volatile.Write(ref _sent, _sent + 1);
            }
        }

        public Task SendAgainAsync() => _sent == 0 ? Task.CompletedTask : AppendAsync(_sent - 1);

        private Task AppendAsync(int chunk) => Region.SendAsync(partition, new() { Door = 7, Sequence = chunk + 1, Frames = RegionUnderTest.FrameOf(chunks[chunk], source: 3) });
    }

    /// <summary>Silos that find out soon that one is dead, as a real one does; the first of them calls.</summary>
    private sealed class ClusterThatFails(Postgres postgres, short silos) : Cluster(postgres)
    {
        protected override short SiloCount => silos;

        internal override IGrainFactory Grains => ((InProcessSiloHandle)Silos.Primary!).ServiceProvider.GetRequiredService<IGrainFactory>();

        protected override void Configure(TestClusterBuilder builder) => builder.AddSiloBuilderConfigurator<Probing>();

        private sealed class Probing : ISiloConfigurator
        {
            public void Configure(ISiloBuilder silo)
            {
                silo.Configure<ClusterMembershipOptions>(membership =>
                {
                    membership.ProbeTimeout = TimeSpan.FromSeconds(1);
                    membership.NumMissedProbesLimit = 2;
                    membership.NumVotesForDeathDeclaration = 1;
                });
                silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10));
            }
        }
    }
}
