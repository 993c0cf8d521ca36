using System.Diagnostics;
using System.Net.Sockets;
using MekongTwin.Silo.Commands;
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
        var database = DatabaseOption.Parse(connection);
        try
        {
            await ApplyAsync(database, ct);
            return database;
        }
        catch (Exception e)
        {
            await database.DisposeAsync();
            // Npgsql's messages name host and user, never the password.
            if (e is PostgresException refused) throw DatabaseOption.Refused(refused);
            if (e is NpgsqlException or SocketException) throw new IOException($"PostgreSQL cannot be reached: {PostgresFault.Reason(e)}. Start the server, or give another one with --database or {DatabaseOption.Variable}.", e);
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
                if (began.Elapsed < RetryDelay) Console.Error.WriteLine($"PostgreSQL does not answer: {PostgresFault.Reason(e)}. Waiting for it, at most {WaitAtMost.TotalMinutes:0} minutes.");
            }
            await Task.Delay(RetryDelay, ct);
        }
    }

    /// <summary>A server that answers, and refuses, is not waited for; one that starts is.</summary>
    private static bool DoesNotAnswer(Exception e) => e is SocketException || (e is NpgsqlException and not PostgresException) || e is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.ReadOnlySqlTransaction };
}
