using System.Buffers;
using System.Text;
using MekongTwin.Ingest.Mqtt;
using MQTTnet.Packets;

namespace MekongTwin.Silo.Mqtt;

/// <summary>What the receiving loop does with each packet of the broker.</summary>
internal sealed partial class SharedConnection
{
    private byte[] _topic = new byte[256];

    private async ValueTask HandleAsync(MqttPacket packet)
    {
        if (packet is not MqttConnAckPacket && !_isConnected) MalformedPacketException.ProtocolError($"{packet} before CONNACK [MQTT-3.2.0-1].");
        switch (packet)
        {
            case MqttPublishPacket publish:
                if (publish.QualityOfServiceLevel > 0 && !_acknowledger.HasRoom) await WaitRoomAsync();
                Accept(publish);
                break;
            case MqttConnAckPacket answer:
                OnConnAck(answer);
                await SendAsync(SharedPackets.Subscribe(_options));
                break;
            case MqttSubAckPacket answer:
                OnSubAck(answer);
                break;
            case MqttPubRelPacket release:
                await SendAsync(SharedPackets.Complete(release, _session.Unreleased.Release(release.PacketIdentifier)));
                break;
            case MqttPingRespPacket:
                break;
            case MqttDisconnectPacket end:
                var reason = (ReasonCode)(byte)end.ReasonCode;
                throw new BrokerException($"The broker disconnects: {reason}.", reason);
            default:
                MalformedPacketException.ProtocolError($"A server does not send this: {packet}.");
                break;
        }
    }

    private void OnConnAck(MqttConnAckPacket answer)
    {
        if (_isConnected) MalformedPacketException.ProtocolError("A second CONNACK.");
        var reason = SharedPackets.ReasonOf(answer);
        if (reason != ReasonCode.Success) throw BrokerException.Refused(reason, _options);
        if (_options.SharedGroup is not null && !answer.SharedSubscriptionAvailable) throw SharedPackets.NotShared();
        if (!answer.IsSessionPresent) _session.Unreleased.Clear();
        if (answer.ServerKeepAlive > 0) _keepAlive = TimeSpan.FromSeconds(answer.ServerKeepAlive);
        _isConnected = true;
        Connected?.Invoke(answer.IsSessionPresent);
    }

    /// <summary>The broker may deny its statistics; the streams it may not.</summary>
    private static void OnSubAck(MqttSubAckPacket answer)
    {
        if (answer.PacketIdentifier != SharedPackets.SubscribeId || answer.ReasonCodes.Count != 2) MalformedPacketException.ProtocolError("SUBACK answers something else [MQTT-3.8.4-2].");
        var reason = (ReasonCode)(byte)answer.ReasonCodes[0];
        if (reason == ReasonCode.SharedSubscriptionsNotSupported) throw SharedPackets.NotShared();
        if (reason >= ReasonCode.Unspecified) throw new BrokerException($"The broker refuses the subscription: {reason}.", reason);
    }

    private void Accept(MqttPublishPacket publish)
    {
        var payload = publish.Payload.IsSingleSegment ? publish.Payload.FirstSpan : publish.Payload.ToArray();
        var alias = publish.TopicAlias > 0 ? publish.TopicAlias : (int?)null;
        var packet = PublishPacket.From((int)publish.QualityOfServiceLevel, BytesOf(publish.Topic), publish.PacketIdentifier, alias, payload);
        var topic = _topics.Locate(packet);
        if (_session.TakeStatistics(packet, topic)) return;
        _batchMessages++;
        _batchBytes += payload.Length;
        _intake.Accept(packet, topic);
    }

    private ReadOnlySpan<byte> BytesOf(string? topic)
    {
        var most = Encoding.UTF8.GetMaxByteCount(topic?.Length ?? 0);
        if (_topic.Length < most) _topic = new byte[most];
        return _topic.AsSpan(0, Encoding.UTF8.GetBytes(topic, _topic));
    }
}
