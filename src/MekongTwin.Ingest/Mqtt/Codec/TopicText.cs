using System.Text.Unicode;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>Topic names and topic filters (4.7).</summary>
internal static class TopicText
{
    private const byte Separator = (byte)'/';

    /// <summary>A name to publish to: one character at least [MQTT-4.7.3-1], no wildcards [MQTT-3.3.2-2], no U+0000, UTF-8.</summary>
    public static void RequireName(ReadOnlySpan<byte> topic)
    {
        if (topic.IsEmpty || !Utf8.IsValid(topic) || topic.Contains((byte)0))
        {
            MalformedPacketException.Malformed("The topic name is empty or not well-formed UTF-8 [MQTT-4.7.3-1] [MQTT-1.5.4-1].");
        }

        if (topic.ContainsAny((byte)'+', (byte)'#'))
        {
            MalformedPacketException.Throw(ReasonCode.TopicNameInvalid, "The topic name has a wildcard [MQTT-3.3.2-2].");
        }
    }

    /// <summary>
    /// A filter to subscribe to: wildcards stand for whole levels, '#' stands last [MQTT-4.7.1-1] [MQTT-4.7.1-2].
    /// The text is already valid UTF-8.
    /// </summary>
    public static void RequireFilter(ReadOnlySpan<byte> filter)
    {
        if (!IsFilter(filter))
        {
            MalformedPacketException.Throw(ReasonCode.TopicFilterInvalid, "The topic filter is not well formed (4.7.1).");
        }
    }

    /// <summary>True for <c>$share/{name}/{filter}</c> (4.8.2).</summary>
    public static bool IsShared(ReadOnlySpan<byte> filter) => filter.StartsWith("$share/"u8);

    private static bool IsFilter(ReadOnlySpan<byte> filter)
    {
        if (filter.IsEmpty)
        {
            return false;
        }

        while (true)
        {
            int end = filter.IndexOf(Separator);
            ReadOnlySpan<byte> level = end < 0 ? filter : filter[..end];
            bool wildcard = level.ContainsAny((byte)'+', (byte)'#');
            if (wildcard && (level.Length > 1 || (level[0] == '#' && end >= 0)))
            {
                return false;
            }

            if (end < 0)
            {
                return true;
            }

            filter = filter[(end + 1)..];
        }
    }
}
