using System.Net;
using System.Text;
using MekongTwin.Ingest.Mqtt;
using MQTTnet;
using MQTTnet.Channel;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MekongTwin.Silo.Mqtt;

/// <summary>The packets that a subscriber sends, in MQTTnet's types, and what its answers mean.</summary>
internal static class SharedPackets
{
    public const ushort SubscribeId = 1;

    /// <summary>A broker that knows only 3.1.1 answers with its code for that.</summary>
    private const byte UnacceptableVersion311 = 1;

    /// <summary>MQTT 5.0 on a stream that is open already.</summary>
    public static MqttClientOptions Over(Stream stream) => new()
    {
        ProtocolVersion = MqttProtocolVersion.V500,
        ChannelOptions = new MqttClientTcpOptions { StreamProvider = new OpenStream(stream) },
    };

    /// <summary>CONNECT without a will, resuming the session when the broker has one.</summary>
    public static MqttConnectPacket Connect(BrokerOptions options) => new()
    {
        ClientId = options.ClientId,
        CleanSession = false,
        SessionExpiryInterval = (uint)options.SessionExpiry.TotalSeconds,
        KeepAlivePeriod = (ushort)options.KeepAlive.TotalSeconds,
        ReceiveMaximum = options.ReceiveMaximum,
        MaximumPacketSize = (uint)options.MaxPacketSize,
        TopicAliasMaximum = options.TopicAliasMaximum,
        RequestProblemInformation = true,
        Username = options.UserName ?? (options.Password is null ? null : ""),
        Password = options.Password is null ? null : Encoding.UTF8.GetBytes(options.Password),
    };

    /// <summary>QoS 1, retained messages only when the subscription is new, and the broker's own count of what it dropped.</summary>
    public static MqttSubscribePacket Subscribe(BrokerOptions options) => new()
    {
        PacketIdentifier = SubscribeId,
        TopicFilters =
        [
            new()
            {
                Topic = options.Subscription,
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                RetainHandling = MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly,
            },
            new() { Topic = BrokerSession.DroppedTopic },
        ],
    };

    /// <summary>Always of success: the ledger has counted what was not taken, and the broker shall forget it.</summary>
    public static MqttPacket Acknowledgement(PendingAcknowledgement pending) => pending.Type == PacketType.PubAck
        ? new MqttPubAckPacket { PacketIdentifier = pending.PacketId }
        : new MqttPubRecPacket { PacketIdentifier = pending.PacketId };

    public static MqttPubCompPacket Complete(MqttPubRelPacket release, bool known) => new()
    {
        PacketIdentifier = release.PacketIdentifier,
        ReasonCode = known ? MqttPubCompReasonCode.Success : MqttPubCompReasonCode.PacketIdentifierNotFound,
    };

    public static ReasonCode ReasonOf(MqttConnAckPacket answer) =>
        (byte)answer.ReasonCode == UnacceptableVersion311 ? ReasonCode.UnsupportedProtocolVersion : (ReasonCode)(byte)answer.ReasonCode;

    public static BrokerException NotShared() => new(
        "The broker offers no shared subscriptions: use one that does, or subscribe without a shared group, with one subscriber.",
        ReasonCode.SharedSubscriptionsNotSupported);

    /// <summary>Both editions open their streams in one way; MQTTnet takes what is open.</summary>
    private sealed class OpenStream(Stream stream) : IMqttClientStreamProvider
    {
        public Task<Stream> ConnectAsync(EndPoint brokerEndPoint, CancellationToken cancellationToken) => Task.FromResult(stream);
    }
}
