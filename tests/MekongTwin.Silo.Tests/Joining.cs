using System.Net;
using System.Net.Sockets;
using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Commands;
using MekongTwin.Silo.Running;
using MekongTwin.Silo.Storage;
using Npgsql;

namespace MekongTwin.Silo.Tests;

/// <summary>A silo that is started wrongly: it is refused before it has touched the region, or says what it did to it.</summary>
public sealed class Joining(Postgres postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http")]
    [InlineData("mqtt")]
    [InlineData("silo-port")]
    public async Task APortThatIsTakenIsFoundBeforeTheMembershipIsTouched(string which)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var database = await postgres.MakeDatabaseAsync();
        var options = OptionsFor(database);
        options = which switch
        {
            "http" => options with { Serve = options.Serve with { Http = $"{taken}" } },
            "mqtt" => options with { Serve = options.Serve with { Mqtt = $"{taken}" } },
            _ => options with { SiloPort = taken },
        };
        var refused = await Assert.ThrowsAsync<InputException>(() => ServeCommand.StartAsync(options, Ct));
        Assert.StartsWith($"--{which} 127.0.0.1:{taken}: another program listens there already.", refused.Message, StringComparison.Ordinal);
        await Schema.ApplyAsync(database, Ct);
        await using var silos = database.CreateCommand("SELECT count(*) FROM silo");
        Assert.Equal(0L, await silos.ExecuteScalarAsync(Ct));
    }

    [Theory]
    [InlineData("a", "10.9.8.7", 1, "elsewhere", "--name a: A silo named a (10.9.8.7:1 on elsewhere) runs in cluster mekongtwin. Give each silo a name of its own.")]
    [InlineData("b", "127.0.0.1", 7, "elsewhere", "--advertise 127.0.0.1, --silo-port 7: A silo named b (127.0.0.1:7 on elsewhere) runs in cluster mekongtwin at this address. Give an address of this machine that the other silos can reach.")]
    public async Task WhereAnotherSiloLivesNoneStarts(string name, string address, int port, string host, string why)
    {
        await using var database = await MakeAsync();
        await AddSiloAsync(database, name, address, port, host);
        var clock = new SteppingClock(() => ExecuteAsync(database, "UPDATE silo SET alive_time = alive_time + interval '5 s'"));
        var refused = await Assert.ThrowsAsync<InputException>(() => SiloPlace.ClaimAsync(database, OptionsFor(database) with { Name = "a", SiloPort = 7 }, clock, _ => { }, Ct));
        Assert.Equal(why, refused.Message);
    }

    [Fact]
    public async Task OneThatSaysNothingAnyMoreIsWaitedForAndReplaced()
    {
        await using var database = await MakeAsync();
        await AddSiloAsync(database, "a", "10.9.8.7", 1, "elsewhere");
        var said = new List<string>();
        var clock = new SteppingClock(() => Task.CompletedTask);
        await SiloPlace.ClaimAsync(database, OptionsFor(database) with { Name = "a" }, clock, said.Add, Ct);
        Assert.Equal(12, clock.Steps);
        Assert.Contains("was here lately", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEarlierStartOnThisMachineAndOneThatWasDeclaredDeadAreNotWaitedFor()
    {
        await using var database = await MakeAsync();
        await AddSiloAsync(database, "a", "127.0.0.1", 7, Dns.GetHostName());
        await AddSiloAsync(database, "a", "10.9.8.7", 1, "elsewhere");
        await ExecuteAsync(database, "UPDATE silo SET status = 6 WHERE host = 'elsewhere'");
        var clock = new SteppingClock(() => Task.CompletedTask);
        await SiloPlace.ClaimAsync(database, OptionsFor(database) with { Name = "a", SiloPort = 7 }, clock, _ => { }, Ct);
        Assert.Equal(0, clock.Steps);
    }

    [Fact]
    public async Task TablesOfAnotherProgramAreLeftAlone()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        await ExecuteAsync(database, "CREATE TABLE invoices (id int); CREATE TABLE schema_version (version int)");
        var refused = await Assert.ThrowsAsync<InputException>(() => Schema.ApplyAsync(database, Ct));
        Assert.StartsWith("--database: there are tables of another program in it (invoices, schema_version); nothing was changed.", refused.Message, StringComparison.Ordinal);
        // A schema of its own in the same database is ours.
        await ExecuteAsync(database, "CREATE SCHEMA twin");
        await using var own = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { SearchPath = "twin" });
        await Schema.ApplyAsync(own, Ct);
        await Schema.ApplyAsync(own, Ct);
    }

    [Fact]
    public async Task CityFoldersThatWereReplacedDoNotComeBackByThemselves()
    {
        await using var database = await MakeAsync();
        var (old, renewed) = (SmallCity.Make(), Renamed(SmallCity.Make(), "New name"));
        Assert.Null((await BringAsync(database, old, "a")).Kept);
        Assert.Null((await BringAsync(database, old, "b")).Kept);
        Assert.Equal("New name", (await BringAsync(database, renewed, "b")).After.Cities[0].Name);
        var kept = await BringAsync(database, old, "a");
        Assert.Equal(("b", "New name"), (kept.Kept!.Silo, kept.After.Cities[0].Name));
        Assert.Equal(old.Cities[0].Name, (await BringAsync(database, old, "a", evenOld: true)).After.Cities[0].Name);
        // And then it is the other that is old.
        Assert.Equal("a", (await BringAsync(database, renewed, "b")).Kept!.Silo);
    }

    [Theory]
    [InlineData("--mqtt", "10.255.255.1:0")]
    [InlineData("--http", "10.255.255.1:0")]
    public async Task AnAddressThatIsNotThisMachinesIsFoundBeforeTheDatabaseIsOpened(string option, string address)
    {
        var serve = new ServeOptions { Cities = [Host.Commands.ServeCommand.DefaultCity], Http = option == "--http" ? address : "0", Mqtt = option == "--mqtt" ? address : "0", Simulate = false };
        var refused = await Assert.ThrowsAsync<InputException>(() => ServeCommand.StartAsync(new() { Serve = serve, Database = "Host=127.0.0.1;Port=1", Name = "a", SiloPort = Contracts.Mqtt.Programs.FreePort() }, Ct));
        Assert.StartsWith($"{option} {address}: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FoldersAreTheSameInWhateverOrderTheyAreGiven()
    {
        var first = Directory.CreateTempSubdirectory("mt-a");
        var second = Directory.CreateTempSubdirectory("mt-b");
        File.WriteAllText(Path.Combine(first.FullName, "city.json"), "{}");
        File.WriteAllText(Path.Combine(second.FullName, "city.json"), "{ }");
        var hash = CityFolder.HashOf([first.FullName, second.FullName]);
        Assert.Equal(hash, CityFolder.HashOf([second.FullName, first.FullName]));
        File.WriteAllText(Path.Combine(first.FullName, "README.md"), "for people");
        Assert.Equal(hash, CityFolder.HashOf([first.FullName, second.FullName]));
        File.WriteAllText(Path.Combine(second.FullName, "city.json"), "{  }");
        Assert.NotEqual(hash, CityFolder.HashOf([first.FullName, second.FullName]));
        first.Delete(recursive: true);
        second.Delete(recursive: true);
    }

    [Fact]
    public async Task NamesOfSilosAreKnownForADayUnlessTheyAreForgotten()
    {
        await using var database = await MakeAsync();
        var table = new SiloNameTable(database, "mekongtwin");
        await table.SayAsync("b", hasSession: true, stops: true, Ct);
        await table.SayAsync("a", hasSession: false, stops: true, Ct);
        await table.SayAsync("a", hasSession: true, stops: false, Ct);
        await new SiloNameTable(database, "another").SayAsync("c", hasSession: true, stops: false, Ct);
        Assert.Equal([("a", false, true), ("b", true, true)], (await table.ReadAsync(Ct)).Select(name => (name.Name, name.WasStopped, name.HasSession)));
        Assert.True(await table.ForgetAsync("b", Ct));
        Assert.False(await table.ForgetAsync("c", Ct));
        await ExecuteAsync(database, "UPDATE silo_name SET seen_at = seen_at - interval '25 hours' WHERE cluster = 'mekongtwin'");
        Assert.Empty(await table.ReadAsync(Ct));
    }

    [Fact]
    public async Task ASiloSaysWhatItsCityFoldersChange()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        var folder = Directory.CreateTempSubdirectory("mt-city");
        var changed = Path.Combine(folder.FullName, "vn-dad");
        foreach (var file in Directory.EnumerateFiles(Host.Commands.ServeCommand.DefaultCity, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(changed, Path.GetRelativePath(Host.Commands.ServeCommand.DefaultCity, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        var city = Path.Combine(changed, "city.json");
        File.WriteAllText(city, File.ReadAllText(city).Replace("\"Đà Nẵng\"", "\"Somewhere\"", StringComparison.Ordinal));
        try
        {
            await using (var first = await ServeCommand.StartAsync(OptionsFor(database), Ct)) Assert.DoesNotContain(first.Core.Warnings, warning => warning.Contains("region", StringComparison.Ordinal));
            await using (var second = await ServeCommand.StartAsync(OptionsFor(database, changed), Ct))
            {
                Assert.Contains(second.Core.Warnings, warning => warning.StartsWith("The city folders of this silo change the whole region: city vn-dad is called Somewhere, not Đà Nẵng", StringComparison.Ordinal));
            }
            await using var third = await ServeCommand.StartAsync(OptionsFor(database), Ct);
            Assert.Contains(third.Core.Warnings, warning => warning.StartsWith("The city folders of this silo are older ones: since ", StringComparison.Ordinal) && warning.EndsWith("or bring these back with --take-cities on.", StringComparison.Ordinal));
            Assert.Equal("Somewhere", third.Core.Model.Cities[0].Name);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static SiloOptions OptionsFor(NpgsqlDataSource database, string? city = null) => new()
    {
        Serve = new ServeOptions { Cities = [city ?? Host.Commands.ServeCommand.DefaultCity], Http = "0", Mqtt = "0", Simulate = false },
        Database = database.ConnectionString,
        Name = "a",
        SiloPort = Contracts.Mqtt.Programs.FreePort(),
    };

    private static Model Renamed(Model model, string name) => new([model.Cities[0] with { Name = name }, .. model.Cities[1..]], model.Assets, model.Points, model.Devices, model.Names);

    private static Task<BroughtFolders> BringAsync(NpgsqlDataSource database, Model read, string silo, bool evenOld = false) =>
        new ModelTable(database).BringAsync(read.Cities[0].Name, silo, evenOld, before => ModelMerge.Onto(before, read), Ct);

    private async Task<NpgsqlDataSource> MakeAsync()
    {
        var database = await postgres.MakeDatabaseAsync();
        await Schema.ApplyAsync(database, Ct);
        return database;
    }

    private static Task AddSiloAsync(NpgsqlDataSource database, string name, string address, int port, string host) => ExecuteAsync(database, $"""
        INSERT INTO cluster (id) VALUES ('mekongtwin') ON CONFLICT DO NOTHING;
        INSERT INTO silo (cluster, address, port, generation, name, host, status, start_time, alive_time) VALUES ('mekongtwin', '{address}', {port}, 5, '{name}', '{host}', 3, now(), now())
        """);

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }

    /// <summary>Every wait ends at once, after what happens meanwhile has happened.</summary>
    private sealed class SteppingClock(Func<Task> meanwhile) : TimeProvider
    {
        public int Steps { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Steps++;
            return System.CreateTimer(_ =>
            {
                meanwhile().GetAwaiter().GetResult();
                callback(state);
            }, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
