using System.Diagnostics;

namespace MekongTwin.Contracts.Postgres;

/// <summary>The programs of PostgreSQL 15 where Debian puts them, for a server of one's own in a directory of one's own.</summary>
public static class PostgresPrograms
{
    private const string Programs = "/usr/lib/postgresql/15/bin";

    public static bool AreInstalled => File.Exists(Path.Combine(Programs, "initdb"));

    /// <summary>Makes an empty cluster in a directory that the server may write to: it refuses to run as root.</summary>
    public static void Make(string directory, string data)
    {
        if (Environment.IsPrivilegedProcess) RunAsIs("chown", "postgres", directory);
        Run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-N");
    }

    public static void Start(string directory, string data, string options) =>
        Run("pg_ctl", "-D", data, "-o", $"-k {directory} {options}", "-l", Path.Combine(directory, "log"), "-w", "start");

    /// <summary>As if its machine had lost power.</summary>
    public static void Kill(string data) => Run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop");

    /// <summary>Runs one of the programs as the server's user; throws when it fails.</summary>
    public static void Run(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(Programs, program), .. arguments];
        if (Environment.IsPrivilegedProcess) RunAsIs("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", .. command]);
        else RunAsIs(command[0], command[1..]);
    }

    // Its output is not the caller's: a test runner reads its results from that.
    private static void RunAsIs(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Path.GetTempPath(), RedirectStandardOutput = true })!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}. {said}");
    }
}
