using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>Which broker to take streams from, and every bound of doing so.</summary>
public sealed record BrokerOptions
{
    /// <summary>Holds the password when the address does not.</summary>
    public const string PasswordVariable = "MEKONGTWIN_BROKER_PASSWORD";

    public required string Host { get; init; }

    public required int Port { get; init; }

    public bool UseTls { get; init; }

    public string? UserName { get; init; }

    public string? Password { get; init; }

    /// <summary>The topic filter to subscribe to, QoS 1.</summary>
    public required string Filter { get; init; }

    /// <summary>
    /// Null: every message that matches comes here. Otherwise the name of a group whose members share the stream, each message
    /// to one of them; all have the same group and filter, each its own <see cref="ClientId"/>.
    /// </summary>
    public string? SharedGroup { get; init => field = value is null ? null : RequireGroup(value); }

    /// <summary>What to send in SUBSCRIBE.</summary>
    public string Subscription => SharedGroup is null ? Filter : $"$share/{SharedGroup}/{Filter}";

    /// <summary>The broker keeps this client's session and queue: two twins at one broker need two identifiers.</summary>
    public string ClientId { get; init; } = "mekongtwin";

    /// <summary>PEM file of the authorities to trust instead of the machine's; read again for every handshake.</summary>
    public string? CertificateAuthorityFile { get; init; }

    /// <summary>PEM file of the certificate and its key to show to the broker; read again for every handshake.</summary>
    public string? ClientCertificateFile { get; init; }

    /// <summary>A ping leaves every half of it; silence of 1.5 times it ends the connection.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the broker shall keep the session while the twin is away.</summary>
    public TimeSpan SessionExpiry { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Messages the broker may send before the first of them is acknowledged.</summary>
    public ushort ReceiveMaximum { get; init; } = 1024;

    /// <summary>Bytes of the largest packet, header included.</summary>
    public int MaxPacketSize { get; init; } = 256 * 1024;

    /// <summary>Topic aliases a 5.0 broker may use.</summary>
    public ushort TopicAliasMaximum { get; init; } = 64;

    /// <summary>Bytes of the longest topic.</summary>
    public int MaxTopicLength { get; init; } = 1024;

    /// <summary>For the transport's handshakes, and again for CONNACK.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first wait after a failure; it doubles with every further one.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between attempts.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A connection that lasted this long ends the row of failures.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The source's name in the ledger.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"broker:{Host}:{Port}");

    /// <summary>
    /// Reads <c>mqtt[s]://user[:password]@host[:port]/topic-filter</c>. The filter is everything after the first slash, '#'
    /// included; user and password may be percent-encoded.
    /// </summary>
    public static bool TryParse(
        string address, string? environmentPassword, [NotNullWhen(true)] out BrokerOptions? options, out string error)
    {
        options = null;
        bool tls = address.StartsWith("mqtts://", StringComparison.OrdinalIgnoreCase);
        if (!tls && !address.StartsWith("mqtt://", StringComparison.OrdinalIgnoreCase))
        {
            error = "A broker address starts with mqtt:// or mqtts://.";
            return false;
        }

        string rest = address[(address.IndexOf("://", StringComparison.Ordinal) + 3)..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string filter = slash < 0 ? "" : rest[(slash + 1)..];
        if (!IsFilter(filter))
        {
            error = $"'{filter}' is not a topic filter; an address ends like /mt/v1/#.";
            return false;
        }

        string authority = rest[..slash];
        int at = authority.LastIndexOf('@');
        string login = at < 0 ? "" : authority[..at];
        if (!TryParseHost(authority[(at + 1)..], tls ? 8883 : 1883, out string host, out int port))
        {
            error = $"'{authority[(at + 1)..]}' is not host or host:port.";
            return false;
        }

        int colon = login.IndexOf(':', StringComparison.Ordinal);
        string user = colon < 0 ? login : login[..colon];
        error = "";
        options = new BrokerOptions
        {
            Host = host,
            Port = port,
            UseTls = tls,
            Filter = filter,
            UserName = user.Length == 0 ? null : Uri.UnescapeDataString(user),
            Password = colon < 0 ? environmentPassword : Uri.UnescapeDataString(login[(colon + 1)..]),
        };
        return true;
    }

    private static string RequireGroup(string group) => group.Length > 0 && group.AsSpan().IndexOfAny('/', '+', '#') < 0
        ? group
        : throw new ArgumentException($"'{group}' is not a name for a shared group: no '/', '+' or '#', one character at least.", nameof(group));

    private static bool IsFilter(string filter)
    {
        try
        {
            TopicText.RequireFilter(Encoding.UTF8.GetBytes(filter));
            return true;
        }
        catch (MalformedPacketException)
        {
            return false;
        }
    }

    private static bool TryParseHost(string text, int defaultPort, out string host, out int port)
    {
        // An IPv6 address stands in brackets, its colons are not the port's.
        int colon = text.LastIndexOf(':');
        bool hasPort = colon > text.LastIndexOf(']');
        host = (hasPort ? text[..colon] : text).Trim('[', ']');
        port = defaultPort;
        return host.Length > 0
            && (!hasPort || (int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port)
                && port is > 0 and <= ushort.MaxValue));
    }
}
