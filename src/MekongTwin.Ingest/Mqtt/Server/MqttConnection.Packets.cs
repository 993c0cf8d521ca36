namespace MekongTwin.Ingest.Mqtt;

/// <summary>What the read loop does with each packet; nothing here waits.</summary>
internal sealed partial class MqttConnection
{
    private readonly Dictionary<string, OutputSubscription> _subscriptions = new(StringComparer.Ordinal);
    private readonly List<OutputSubscription> _startingSubscriptions = [];

    private ProtocolVersion _version;
    private bool _isLeaving;

    PacketStep IPacketSink.OnPacket(FixedHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Type == PacketType.Publish && _isConnected)
        {
            return OnPublish(header, body);
        }

        RequireOrder(header.Type);
        switch (header.Type)
        {
            case PacketType.Connect:
                _connect = ConnectPacket.Read(body);
                return PacketStep.Stop;
            case PacketType.PubRel:
                OnRelease(AcknowledgementPacket.Read(body, _version));
                return PacketStep.Next;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubComp:
                // Nothing is sent above QoS 0: an answer to an exchange of a former broker is read and forgotten.
                AcknowledgementPacket.Read(body, _version);
                return PacketStep.Next;
            case PacketType.Subscribe:
                OnSubscribe(SubscribePacket.Read(body, _version));
                return PacketStep.Stop;
            case PacketType.Unsubscribe:
                OnUnsubscribe(UnsubscribePacket.Read(body, _version));
                return PacketStep.Stop;
            case PacketType.PingReq:
                RequireEmpty(body);
                AnswerPing();
                return PacketStep.Next;
            case PacketType.Disconnect:
                OnDisconnect(DisconnectPacket.Read(body, _version, PropertySet.DisconnectToServer));
                return PacketStep.Stop;
            case PacketType.Auth when _version == ProtocolVersion.V5:
                MalformedPacketException.Throw(ReasonCode.BadAuthenticationMethod, "No enhanced authentication was agreed [MQTT-4.12.0-6].");
                return PacketStep.Stop;
            default:
                MalformedPacketException.ProtocolError($"A client does not send {header.Type}.");
                return PacketStep.Stop;
        }
    }

    void IPacketSink.OnIncomplete(FixedHeader header) => RequireOrder(header.Type);

    /// <summary>CONNECT comes first [MQTT-3.1.0-1] and once [MQTT-3.1.0-2].</summary>
    private void RequireOrder(PacketType type)
    {
        if ((type == PacketType.Connect) == _isConnected)
        {
            MalformedPacketException.ProtocolError(
                _isConnected ? "A second CONNECT [MQTT-3.1.0-2]." : $"{type} before CONNECT [MQTT-3.1.0-1].");
        }
    }

    private static void RequireEmpty(ReadOnlySpan<byte> body)
    {
        if (!body.IsEmpty)
        {
            MalformedPacketException.Malformed("PINGREQ has a body (3.12).");
        }
    }

    private void AnswerPing()
    {
        if (_pingsAnsweredAhead > 0)
        {
            _pingsAnsweredAhead--;
        }
        else
        {
            ServerPackets.PingResp(_replies);
        }
    }

    private PacketStep OnPublish(FixedHeader header, ReadOnlySpan<byte> body)
    {
        PublishPacket packet = PublishPacket.Read(header.Flags, body, _version, PropertySet.PublishToServer);
        if (packet.Qos > 0 && !HasRoomFor(packet))
        {
            return PacketStep.Later;
        }

        _intake!.Accept(packet);
        return PacketStep.Next;
    }

    /// <summary>5.0 clients were told the limit [MQTT-3.3.4-7]; 3.1.1 clients are left unread until there is room.</summary>
    private bool HasRoomFor(in PublishPacket packet)
    {
        UnreleasedIds unreleased = _session!.Unreleased;
        bool repeated = packet.Qos == 2 && unreleased.TryGetTicket(packet.PacketId, out _);
        if (_version == ProtocolVersion.V5)
        {
            if (!repeated && _acknowledger!.FinalInFlight + unreleased.Count >= _options.ReceiveMaximum)
            {
                MalformedPacketException.Throw(ReasonCode.ReceiveMaximumExceeded, "More messages in flight than announced [MQTT-3.3.4-7].");
            }

            return !repeated || _acknowledger!.InFlight < _options.ReceiveMaximum * 2;
        }

        if (packet.Qos == 2 && !repeated && unreleased.Count >= _options.MaxUnreleased)
        {
            MalformedPacketException.Throw(ReasonCode.ReceiveMaximumExceeded, "Too many QoS 2 messages wait for PUBREL.");
        }

        return _acknowledger!.HasRoom;
    }

    private void OnRelease(AcknowledgementPacket release)
    {
        bool known = _session!.Unreleased.Release(release.PacketId);
        ReasonCode reason = known ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound;
        AcknowledgementLayout.Write(_replies, _version, PacketType.PubComp, release.PacketId, reason);
    }

    private void OnSubscribe(SubscribePacket packet)
    {
        byte[] reasons = [.. packet.Requests.Select(Grant)];
        ServerPackets.SubAck(_replies, _version, packet.PacketId, reasons);
    }

    private byte Grant(SubscriptionRequest request)
    {
        const byte refused311 = 0x80;
        ReasonCode reason = Judge(request);
        if (reason == ReasonCode.Success)
        {
            AddSubscription(request);
        }

        return reason == ReasonCode.Success ? (byte)0 : _version == ProtocolVersion.V5 ? (byte)reason : refused311;
    }

    private ReasonCode Judge(SubscriptionRequest request) =>
        request.IsShared ? ReasonCode.SharedSubscriptionsNotSupported
        : !_principal.May(Domain.Access.Role.Viewer) || !_server.Outputs.IsServed(request.Filter) ? ReasonCode.NotAuthorized
        : !_subscriptions.ContainsKey(request.Filter) && _subscriptions.Count >= _options.MaxSubscriptions ? ReasonCode.QuotaExceeded
        : ReasonCode.Success;

    private void AddSubscription(SubscriptionRequest request)
    {
        if (_subscriptions.Remove(request.Filter, out OutputSubscription? replaced))
        {
            replaced.Stop();
        }

        OutputSubscription subscription = new(request, _server.Outputs, _subscriptionTarget!);
        _subscriptions.Add(request.Filter, subscription);
        _session!.Subscriptions[request.Filter] = request;
        _startingSubscriptions.Add(subscription);
    }

    /// <summary>After their SUBACK has left.</summary>
    private void StartSubscriptions()
    {
        foreach (OutputSubscription subscription in _startingSubscriptions)
        {
            subscription.Start();
        }

        _startingSubscriptions.Clear();
    }

    private void OnUnsubscribe(UnsubscribePacket packet)
    {
        byte[] reasons = new byte[packet.Filters.Count];
        for (int index = 0; index < reasons.Length; index++)
        {
            _session!.Subscriptions.Remove(packet.Filters[index]);
            if (_subscriptions.Remove(packet.Filters[index], out OutputSubscription? subscription))
            {
                subscription.Stop();
            }
            else
            {
                reasons[index] = (byte)ReasonCode.NoSubscriptionExisted;
            }
        }

        ServerPackets.UnsubAck(_replies, _version, packet.PacketId, reasons);
    }

    private void OnDisconnect(DisconnectPacket packet)
    {
        if (packet.SessionExpiry is { } seconds)
        {
            if (seconds > 0 && _sessionExpiry == TimeSpan.Zero)
            {
                MalformedPacketException.ProtocolError("A session expiry where CONNECT had none [MQTT-3.14.2-2].");
            }

            _sessionExpiry = LimitExpiry(seconds);
        }

        _isLeaving = true;
    }
}
