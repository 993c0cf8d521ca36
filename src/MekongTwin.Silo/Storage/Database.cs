using System.Net.Sockets;
using MekongTwin.Host.Cities;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>Opens the region's database, with its tables.</summary>
internal static class Database
{
    public static async Task<NpgsqlDataSource> OpenAsync(string connection, CancellationToken ct)
    {
        var database = Connect(connection);
        try
        {
            await Schema.ApplyAsync(database, ct);
            return database;
        }
        catch (Exception e)
        {
            await database.DisposeAsync();
            // Npgsql's messages name host and user, never the password.
            if (e is NpgsqlException or SocketException) throw new IOException($"PostgreSQL cannot be used: {e.Message} Start the server, or give another one with --database or {Running.SiloOptions.DatabaseVariable}.", e);
            throw;
        }
    }

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
