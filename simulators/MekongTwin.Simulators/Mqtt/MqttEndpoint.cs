using System.Globalization;

namespace MekongTwin.Simulators.Mqtt;

/// <summary>Where and as whom to connect. Version 4 is MQTT 3.1.1, version 5 is MQTT 5.0.</summary>
internal sealed record MqttEndpoint(string Host, int Port)
{
    public string? User { get; init; }

    public string? Password { get; init; }

    public byte Version { get; init; } = 4;

    /// <summary>Seconds between packets that the server may expect; 0 is never.</summary>
    public ushort KeepAliveSeconds { get; init; } = 30;

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>"host:port", "host" (1883), "[v6]:port" or "v6" (1883). False when the port is no port.</summary>
    public static bool TryParse(string text, out MqttEndpoint endpoint)
    {
        endpoint = new("", 0);
        if (text.Count(static c => c == ':') > 1 && !text.StartsWith('[')) text = $"[{text}]";
        var colon = text.LastIndexOf(':');
        var hasPort = colon > text.LastIndexOf(']');
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        var port = 1883;
        if (hasPort && !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)) return false;
        if (host.Length == 0 || port is < 1 or > 65535) return false;
        endpoint = new(host, port);
        return true;
    }
}
