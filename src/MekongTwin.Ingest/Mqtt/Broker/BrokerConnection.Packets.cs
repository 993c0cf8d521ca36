namespace MekongTwin.Ingest.Mqtt;

/// <summary>What the read loop does with each packet of the broker; nothing here waits.</summary>
internal sealed partial class BrokerConnection
{
    private const ushort SubscribeId = 1;
    private const byte StatisticsOptions = 0;

    PacketStep IPacketSink.OnPacket(FixedHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Type != PacketType.ConnAck && !IsConnected)
        {
            MalformedPacketException.ProtocolError($"{header.Type} before CONNACK [MQTT-3.2.0-1].");
        }

        switch (header.Type)
        {
            case PacketType.Publish:
                return OnPublish(PublishPacket.Read(header.Flags, body, _version, PropertySet.PublishToClient));
            case PacketType.ConnAck:
                OnConnAck(ConnAckPacket.Read(body, _version));
                return PacketStep.Stop;
            case PacketType.SubAck:
                OnSubAck(SubAckPacket.Read(body, _version));
                return PacketStep.Next;
            case PacketType.PubRel:
                OnRelease(AcknowledgementPacket.Read(body, _version));
                return PacketStep.Next;
            case PacketType.PingResp when body.IsEmpty:
                return PacketStep.Next;
            case PacketType.Disconnect when _version == ProtocolVersion.V5:
                ReasonCode reason = DisconnectPacket.Read(body, _version, PropertySet.DisconnectToClient).Reason;
                throw new BrokerException($"The broker disconnects: {reason}.", reason);
            default:
                MalformedPacketException.ProtocolError($"A server does not send this {header.Type}.");
                return PacketStep.Stop;
        }
    }

    void IPacketSink.OnIncomplete(FixedHeader header)
    {
    }

    private void OnConnAck(ConnAckPacket packet)
    {
        if (IsConnected)
        {
            MalformedPacketException.ProtocolError("A second CONNACK.");
        }

        if (packet.Reason != ReasonCode.Success)
        {
            throw BrokerException.Refused(packet.Reason, _options);
        }

        if (!packet.SessionPresent)
        {
            _session.Unreleased.Clear();
        }

        _keepAlive = packet.ServerKeepAlive is { } seconds ? TimeSpan.FromSeconds(seconds) : _keepAlive;
        _splitter.RequireMinimalLength = _version == ProtocolVersion.V5;
        IsConnected = true;
        ClientPackets.Subscribe(_replies, _version, SubscribeId, (_options.Subscription, StreamOptions), (BrokerSession.DroppedTopic, StatisticsOptions));
        Connected?.Invoke(packet.SessionPresent);
    }

    /// <summary>QoS 1; and retained messages (5.0) only when the subscription is new, or every reconnect would bring them again.</summary>
    private byte StreamOptions => (byte)(_version == ProtocolVersion.V5 ? 0x11 : 0x01);

    /// <summary>The broker may deny its statistics; the streams it may not.</summary>
    private static void OnSubAck(SubAckPacket packet)
    {
        if (packet.PacketId != SubscribeId || packet.Reasons.Length != 2)
        {
            MalformedPacketException.ProtocolError("SUBACK answers something else [MQTT-3.8.4-2].");
        }

        ReasonCode reason = (ReasonCode)packet.Reasons[0];
        if (reason >= ReasonCode.Unspecified)
        {
            throw new BrokerException($"The broker refuses the subscription: {reason}.", reason);
        }
    }

    private PacketStep OnPublish(in PublishPacket packet)
    {
        if (packet.Qos > 0 && !_acknowledger.HasRoom)
        {
            return PacketStep.Later;
        }

        KnownTopic topic = _topics.Locate(packet);
        if (!_session.TakeStatistics(packet, topic))
        {
            _intake.Accept(packet, topic);
        }

        return PacketStep.Next;
    }

    private void OnRelease(AcknowledgementPacket release)
    {
        bool known = _session.Unreleased.Release(release.PacketId);
        ReasonCode reason = known ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound;
        AcknowledgementLayout.Write(_replies, _version, PacketType.PubComp, release.PacketId, reason);
    }
}
