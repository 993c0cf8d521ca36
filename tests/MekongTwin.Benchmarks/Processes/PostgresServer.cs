using System.Globalization;
using MekongTwin.Contracts.Postgres;

namespace MekongTwin.Benchmarks.Processes;

/// <summary>A PostgreSQL 15 of the benchmark's own in a temporary directory, with its durability as it is by default.</summary>
internal sealed class PostgresServer : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mekongtwin-bench-pg-").FullName;
    private int _databases;

    public PostgresServer()
    {
        if (!PostgresPrograms.AreInstalled) throw new InvalidOperationException("PostgreSQL 15 is not installed: the cluster edition cannot be measured.");
        PostgresPrograms.Make(_directory, Data);
        PostgresPrograms.Start(_directory, Data, "-c listen_addresses=''");
    }

    /// <summary>User and system time of the server: of its processes that live, and of those that it has waited for.</summary>
    public TimeSpan Cpu
    {
        get
        {
            var master = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
            var ticks = 0L;
            foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
            {
                if (ReadStat(process) is not { } stat) continue;
                if (Path.GetFileName(process) == Text(master)) ticks += stat[11..15].Sum(Number);
                else if (stat[1] == Text(master)) ticks += stat[11..13].Sum(Number);
            }
            return TimeSpan.FromSeconds(ticks / 100.0);
        }
    }

    public string MakeDatabase()
    {
        var name = $"b{++_databases}";
        PostgresPrograms.Run("createdb", "-h", _directory, "-U", "postgres", name);
        return $"Host={_directory};Username=postgres;Database={name}";
    }

    public void Dispose()
    {
        PostgresPrograms.Kill(Data);
        Directory.Delete(_directory, recursive: true);
    }

    private string Data => Path.Combine(_directory, "data");

    /// <summary>What follows the name of a process in its line of accounts: state, parent, ...</summary>
    private static string[]? ReadStat(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "stat")).Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
