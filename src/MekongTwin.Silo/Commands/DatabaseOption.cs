using System.CommandLine;
using MekongTwin.Host.Cities;
using MekongTwin.Silo.Storage;
using Npgsql;

namespace MekongTwin.Silo.Commands;

/// <summary>Where the cluster's PostgreSQL is. The text may hold a password: no message repeats it, nor does the help.</summary>
internal static class DatabaseOption
{
    public const string Variable = "MEKONGTWIN_DATABASE";

    private const string Example = "\"Host=db.example;Database=mekongtwin;Username=twin;Password=...\"";

    /// <summary>
    /// A silo whose cable is cut in the middle of a transaction holds its locks: the server ends that by itself, so that
    /// whoever takes the partitions over need not wait for it.
    /// </summary>
    private const string LetGo = "-c idle_in_transaction_session_timeout=5s";

    public static Option<string?> Make() => new("--database") { Description = $"Connection string of the cluster's PostgreSQL, e.g. {Example}; {Variable} where it is left out" };

    /// <summary>The database, reached and with its tables in place.</summary>
    public static Task<NpgsqlDataSource> OpenAsync(string? connection, CancellationToken ct) => ReachAsync(connection, Schema.ApplyAsync, ct);

    /// <summary>The database, reached, to be read only: its tables are there, and as this program knows them.</summary>
    public static Task<NpgsqlDataSource> OpenToReadAsync(string? connection, CancellationToken ct) => ReachAsync(connection, Schema.RequireAsync, ct);

    /// <summary>The database that a connection string names, not reached yet.</summary>
    public static NpgsqlDataSource Parse(string? connection)
    {
        if (string.IsNullOrWhiteSpace(connection)) throw new InputException($"--database: not given. Give the connection string of the cluster's PostgreSQL, e.g. {Example}, or set {Variable}.");
        try
        {
            var options = new NpgsqlConnectionStringBuilder(connection);
            // What the operator says comes later, and counts.
            options.Options = $"{LetGo} {options.Options}".TrimEnd();
            return NpgsqlDataSource.Create(options);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            throw new InputException($"--database: not a connection string. Write it like {Example}, with quotes around a value that holds a semicolon.");
        }
    }

    /// <summary>The server answers, and does not let us in or work.</summary>
    public static InputException Refused(PostgresException e) => new($"--database: PostgreSQL refuses: {PostgresFault.Reason(e)}. {AdviceOn(e.SqlState)}");

    private static string AdviceOn(string state) => state switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => "See that user name and password are right, and that pg_hba.conf lets this machine in.",
        PostgresErrorCodes.InvalidCatalogName => "Make the database with createdb, or give one that is there.",
        PostgresErrorCodes.InsufficientPrivilege => "Give a user who owns the database, or may make tables in it.",
        PostgresErrorCodes.ReadOnlySqlTransaction => "Let it be written again (default_transaction_read_only), or give the server that is not a standby.",
        PostgresErrorCodes.TooManyConnections => "Raise its max_connections, or give a smaller Maximum Pool Size.",
        _ => "See its log.",
    };

    private static async Task<NpgsqlDataSource> ReachAsync(string? connection, Func<NpgsqlDataSource, CancellationToken, Task> prepare, CancellationToken ct)
    {
        var database = Parse(connection ?? Environment.GetEnvironmentVariable(Variable));
        try
        {
            await PrepareAsync(database, prepare, ct);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    private static async Task PrepareAsync(NpgsqlDataSource database, Func<NpgsqlDataSource, CancellationToken, Task> prepare, CancellationToken ct)
    {
        try
        {
            await prepare(database, ct);
        }
        catch (PostgresException e)
        {
            throw Refused(e);
        }
        catch (Exception e) when (PostgresFault.Is(e))
        {
            throw new InputException($"--database: PostgreSQL cannot be reached: {PostgresFault.Reason(e)}. See that the server runs, and that host and port are right.");
        }
    }
}
