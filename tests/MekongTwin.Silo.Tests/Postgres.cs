using MekongTwin.Contracts.Postgres;
using MekongTwin.Silo.Tests;
using Npgsql;

[assembly: AssemblyFixture(typeof(Postgres))]

namespace MekongTwin.Silo.Tests;

/// <summary>
/// A PostgreSQL server of the tests' own, on a socket in a temporary directory. Tests that need it skip plainly where none
/// is installed.
/// </summary>
public sealed class Postgres : IAsyncLifetime
{
    private const int Port = 5432;

    private readonly string _directory = Directory.CreateTempSubdirectory("mt-pg-").FullName;
    private string _address = "";
    private bool _runs;

    public bool Runs => _runs;
    private int _databases;

    public ValueTask InitializeAsync()
    {
        if (!PostgresPrograms.AreInstalled) return default;
        PostgresPrograms.Make(_directory, Data);
        Start();
        return default;
    }

    /// <summary>A new database for one test.</summary>
    public async Task<NpgsqlDataSource> MakeDatabaseAsync()
    {
        Assert.SkipUnless(_runs, "PostgreSQL 15 is not installed: tests with a real database are skipped.");
        var name = $"t{Interlocked.Increment(ref _databases)}";
        await using (var server = NpgsqlDataSource.Create(Connection("postgres")))
        await using (var create = server.CreateCommand($"CREATE DATABASE {name}"))
        {
            await create.ExecuteNonQueryAsync();
        }
        return NpgsqlDataSource.Create(Connection(name));
    }

    public string Connection(string database) => $"Host={_directory};Username=postgres;Database={database};Maximum Pool Size=20";

    /// <summary>From its next start on it can be reached at this address too, from a subnet.</summary>
    public void ListenAt(string address, string subnet)
    {
        _address = address;
        File.AppendAllText(Path.Combine(Data, "pg_hba.conf"), $"host all all {subnet} trust\n");
    }

    /// <summary>The same database by its address.</summary>
    public string ConnectionThere(string database) => $"Host={_address};Port={Port};Username=postgres;Database={database};Maximum Pool Size=20";

    public void Start()
    {
        PostgresPrograms.Start(_directory, Data, $"-p {Port} -c listen_addresses='{_address}'");
        _runs = true;
    }

    /// <summary>As if its machine had lost power: what was not synced may be lost, connections break.</summary>
    public void Kill() => PostgresPrograms.Kill(Data);

    public ValueTask DisposeAsync()
    {
        if (_runs) Kill();
        Directory.Delete(_directory, recursive: true);
        return default;
    }

    private string Data => Path.Combine(_directory, "data");
}
