using System.Net.Sockets;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>What comes of a server that is away, or that refuses what it is asked.</summary>
internal static class PostgresFault
{
    /// <summary>A host name that is not found and a wait that ends come without the driver's own type.</summary>
    public static bool Is(Exception e) => e is NpgsqlException or SocketException or TimeoutException or IOException;

    /// <summary>A session that was begun while the server could only be read stays so.</summary>
    public static bool IsReadOnly(Exception e) => e is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction };

    /// <summary>One line without its full stop; the server's details may hold what is nobody's business.</summary>
    public static string Reason(Exception e) => (e is PostgresException refused ? refused.MessageText : e.Message).TrimEnd('.');
}
