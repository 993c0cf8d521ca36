namespace MekongTwin.Ingest.Mqtt;

/// <summary>A topic that passed every check, with the route it leads to.</summary>
internal sealed class KnownTopic
{
    private byte[] _bytes = [];
    private int _length;
    private Route _route;
    private int _routesVersion = -1;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public bool IsSet => _length > 0;

    public void Set(ReadOnlySpan<byte> topic)
    {
        if (_bytes.Length < topic.Length)
        {
            _bytes = new byte[Math.Max(64, topic.Length)];
        }

        topic.CopyTo(_bytes);
        _length = topic.Length;
        _route = default;
    }

    /// <summary>The route, resolved again after the model or a mapping changed.</summary>
    public Route RouteOn(ISource source)
    {
        int version = source.RoutesVersion;
        if (_route.Handle == 0 || _routesVersion != version)
        {
            _route = source.Resolve(Bytes);
            _routesVersion = version;
        }

        return _route;
    }
}

/// <summary>
/// The topics one connection is using: its aliases (3.3.2.3.4) and the topic of its last message, so that a device that
/// publishes to one topic has it checked and resolved once.
/// </summary>
internal sealed class TopicTable(int aliasMaximum, int maximumLength)
{
    private readonly KnownTopic _last = new();
    private KnownTopic?[] _aliases = [];

    /// <summary>
    /// Kept in place of a topic above the bound: what begins with $ nobody serves, so that its messages are rejected and
    /// counted, and acknowledged. Closing would have the sender repeat them for ever.
    /// </summary>
    private static ReadOnlySpan<byte> TooLong => "$too-long"u8;

    /// <summary>The topic of a message, checked. Sets the alias when the message does.</summary>
    public KnownTopic Locate(in PublishPacket packet)
    {
        if (packet.Alias is { } alias)
        {
            return LocateAlias(alias, packet.Topic);
        }

        if (packet.Topic.IsEmpty)
        {
            MalformedPacketException.ProtocolError("An empty topic without an alias (3.3.2.1).");
        }

        Assign(_last, packet.Topic);
        return _last;
    }

    private KnownTopic LocateAlias(int alias, ReadOnlySpan<byte> topic)
    {
        if (alias == 0 || alias > aliasMaximum)
        {
            MalformedPacketException.Throw(ReasonCode.TopicAliasInvalid, $"Topic alias {alias} is not within 1 to {aliasMaximum} [MQTT-3.3.2-8] [MQTT-3.3.2-9].");
        }

        if (_aliases.Length < alias)
        {
            Array.Resize(ref _aliases, Math.Min(aliasMaximum, Math.Max(8, alias * 2)));
        }

        KnownTopic known = _aliases[alias - 1] ??= new KnownTopic();
        if (!topic.IsEmpty)
        {
            Assign(known, topic);
        }
        else if (!known.IsSet)
        {
            MalformedPacketException.ProtocolError($"Topic alias {alias} was never set [MQTT-3.3.2-12].");
        }

        return known;
    }

    private void Assign(KnownTopic known, ReadOnlySpan<byte> topic)
    {
        if (topic.SequenceEqual(known.Bytes))
        {
            return;
        }

        TopicText.RequireName(topic);
        known.Set(topic.Length <= maximumLength ? topic : TooLong);
    }
}
