namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// Walks the properties of a 5.0 packet (2.2.2): refuses identifiers the packet may not carry, values of the wrong kind,
/// and repetition of anything but user properties and, towards clients, subscription identifiers.
/// </summary>
internal ref struct PropertyReader
{
    private readonly PropertySet _allowed;
    private PacketReader _reader;
    private PropertySet _seen;

    /// <summary>Takes the property length and the properties from <paramref name="reader"/>.</summary>
    public PropertyReader(ref PacketReader reader, PropertySet allowed)
    {
        _allowed = allowed;
        _reader = new PacketReader(reader.Take(reader.ReadVariable()));
        _seen = default;
        Number = 0;
        Bytes = default;
    }

    /// <summary>The value of a numeric property.</summary>
    public uint Number { get; private set; }

    /// <summary>The value of a text or binary property; the name of a user property.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Reads properties whose values nobody asks for.</summary>
    public static void Skip(ref PacketReader reader, PropertySet allowed)
    {
        PropertyReader properties = new(ref reader, allowed);
        while (properties.TryNext(out _))
        {
        }
    }

    /// <summary>False at the end of the properties.</summary>
    public bool TryNext(out PropertyId id)
    {
        if (_reader.IsAtEnd)
        {
            id = default;
            return false;
        }

        int number = _reader.ReadVariable();
        id = (PropertyId)number;
        if (number > (int)PropertyId.SharedSubscriptionAvailable || !_allowed.Has(id))
        {
            MalformedPacketException.Malformed($"Property 0x{number:X2} is not valid for this packet (2.2.2.2).");
        }

        RequireFirst(id);
        ReadValue(id);
        return true;
    }

    private void RequireFirst(PropertyId id)
    {
        if (_seen.Has(id) && id != PropertyId.UserProperty
            && !(id == PropertyId.SubscriptionIdentifier && _allowed.Has(PropertyId.TopicAlias)))
        {
            MalformedPacketException.ProtocolError($"Property {id} is repeated (2.2.2.2).");
        }

        _seen = _seen.And(id);
    }

    private void ReadValue(PropertyId id)
    {
        switch (id)
        {
            case PropertyId.PayloadFormatIndicator:
            case PropertyId.RequestProblemInformation:
            case PropertyId.RequestResponseInformation:
            case PropertyId.MaximumQos:
            case PropertyId.RetainAvailable:
            case PropertyId.WildcardSubscriptionAvailable:
            case PropertyId.SubscriptionIdentifierAvailable:
            case PropertyId.SharedSubscriptionAvailable:
                Number = _reader.ReadByte();
                RequireBoolean(id);
                break;
            case PropertyId.ReceiveMaximum:
                Number = _reader.ReadUInt16();
                RequireNotZero(id);
                break;
            case PropertyId.ServerKeepAlive:
            case PropertyId.TopicAliasMaximum:
            case PropertyId.TopicAlias:
                Number = _reader.ReadUInt16();
                break;
            case PropertyId.MaximumPacketSize:
                Number = _reader.ReadUInt32();
                RequireNotZero(id);
                break;
            case PropertyId.MessageExpiryInterval:
            case PropertyId.SessionExpiryInterval:
            case PropertyId.WillDelayInterval:
                Number = _reader.ReadUInt32();
                break;
            case PropertyId.SubscriptionIdentifier:
                Number = (uint)_reader.ReadVariable();
                RequireNotZero(id);
                break;
            case PropertyId.CorrelationData:
            case PropertyId.AuthenticationData:
                Bytes = _reader.ReadBinary();
                break;
            case PropertyId.ResponseTopic:
                Bytes = _reader.ReadText();
                RequireTopicName();
                break;
            case PropertyId.UserProperty:
                Bytes = _reader.ReadText();
                _reader.ReadText();
                break;
            default:
                Bytes = _reader.ReadText();
                break;
        }
    }

    private readonly void RequireBoolean(PropertyId id)
    {
        if (Number > 1)
        {
            MalformedPacketException.ProtocolError($"Property {id} is neither 0 nor 1.");
        }
    }

    private readonly void RequireNotZero(PropertyId id)
    {
        if (Number == 0)
        {
            MalformedPacketException.ProtocolError($"Property {id} is zero.");
        }
    }

    private readonly void RequireTopicName()
    {
        if (Bytes.IsEmpty || Bytes.ContainsAny((byte)'+', (byte)'#'))
        {
            MalformedPacketException.ProtocolError("The response topic is not a topic name [MQTT-3.3.2-14].");
        }
    }
}
