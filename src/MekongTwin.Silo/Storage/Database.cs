using System.Diagnostics;
using System.Net.Sockets;
using MekongTwin.Host.Cities;
using MekongTwin.Silo.Running;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>Opens the region's database, with its tables.</summary>
internal static class Database
{
    /// <summary>How long a silo that starts waits for a server that does not answer: both may have been started together.</summary>
    private static readonly TimeSpan WaitAtMost = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    public static async Task<NpgsqlDataSource> OpenAsync(string connection, CancellationToken ct)
    {
        var database = Connect(connection);
        try
        {
            await ApplyAsync(database, ct);
            return database;
        }
        catch (Exception e)
        {
            await database.DisposeAsync();
            // Npgsql's messages name host and user, never the password.
            if (e is NpgsqlException or SocketException) throw new IOException($"PostgreSQL cannot be used: {e.Message} Start the server, or give another one with --database or {SiloOptions.DatabaseVariable}.", e);
            throw;
        }
    }

    private static async Task ApplyAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        for (var began = Stopwatch.StartNew(); ;)
        {
            try
            {
                await Schema.ApplyAsync(database, ct);
                return;
            }
            catch (Exception e) when (DoesNotAnswer(e) && began.Elapsed < WaitAtMost)
            {
                if (began.Elapsed < RetryDelay) Console.Error.WriteLine($"PostgreSQL does not answer: {e.Message} Waiting for it, at most {WaitAtMost.TotalMinutes:0} minutes.");
            }
            await Task.Delay(RetryDelay, ct);
        }
    }

    /// <summary>A server that answers, and refuses, is not waited for; one that starts is.</summary>
    private static bool DoesNotAnswer(Exception e) => e is SocketException || (e is NpgsqlException and not PostgresException) || e is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow };

    private static NpgsqlDataSource Connect(string connection)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connection) { ApplicationName = "mekongtwin" };
            // A server that is away is noticed soon, and tried again.
            if (!connection.Contains("Timeout", StringComparison.OrdinalIgnoreCase)) (settings.Timeout, settings.CommandTimeout) = (5, 15);
            return NpgsqlDataSource.Create(settings);
        }
        catch (ArgumentException e)
        {
            throw new InputException($"--database: not a connection string: {e.Message} Write it as Host=db.example;Database=mekongtwin;Username=mekongtwin;Password=...");
        }
    }
}
