using System.Diagnostics;
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

    private const string Programs = "/usr/lib/postgresql/15/bin";

    private readonly string _directory = Directory.CreateTempSubdirectory("mt-pg-").FullName;
    private string _address = "";
    private bool _runs;

    public bool Runs => _runs;
    private int _databases;

    public ValueTask InitializeAsync()
    {
        if (!File.Exists(Path.Combine(Programs, "initdb"))) return default;
        // The server refuses to run as root.
        if (Environment.IsPrivilegedProcess) Run("chown", "postgres", _directory);
        RunProgram("initdb", "-D", Data, "-A", "trust", "-U", "postgres", "-N");
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
        RunProgram("pg_ctl", "-D", Data, "-o", $"-k {_directory} -p {Port} -c listen_addresses='{_address}'", "-l", Path.Combine(_directory, "log"), "-w", "start");
        _runs = true;
    }

    /// <summary>As if its machine had lost power: what was not synced may be lost, connections break.</summary>
    public void Kill() => RunProgram("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    public ValueTask DisposeAsync()
    {
        if (_runs) Kill();
        Directory.Delete(_directory, recursive: true);
        return default;
    }

    private string Data => Path.Combine(_directory, "data");

    private static void RunProgram(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(Programs, program), .. arguments];
        if (Environment.IsPrivilegedProcess) Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", .. command]);
        else Run(command[0], command[1..]);
    }

    // Its output is not the tests': theirs is what the test runner reads its results from.
    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Path.GetTempPath(), RedirectStandardOutput = true })!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}. {said}");
    }
}
