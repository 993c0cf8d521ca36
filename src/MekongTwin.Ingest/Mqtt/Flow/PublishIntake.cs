using System.Runtime.CompilerServices;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>How a peer is answered.</summary>
/// <param name="MayPublish">False: its source refuses and counts all that this peer sends.</param>
/// <param name="WithReasons">True: a 5.0 client is told why a message was not taken. A broker is never told, it would keep the message.</param>
internal readonly record struct PublishPolicy(bool MayPublish, bool WithReasons);

/// <summary>
/// Admits the messages of one connection in batches, one per read pass, and stages their acknowledgements.
/// One read loop owns it.
/// </summary>
internal sealed class PublishIntake(
    ISource source, TopicTable topics, UnreleasedIds unreleased, IAcknowledgements acknowledger, PublishPolicy policy,
    AdmissionFaults faults, TimeProvider time)
{
    private readonly int[] _publishes = new int[3];

    /// <summary>True when <see cref="SubmitAsync"/> has anything to do.</summary>
    public bool HasWork => source.HasBatch || !acknowledger.Staged.IsEmpty;

    /// <summary>Messages of a QoS since the last call.</summary>
    public int TakePublishes(int qos)
    {
        int count = _publishes[qos];
        _publishes[qos] = 0;
        return count;
    }

    /// <summary>Admits one message whose exchange there is room for.</summary>
    public void Accept(in PublishPacket packet) => Accept(packet, topics.Locate(packet));

    /// <summary>Admits one message to a topic of <see cref="TopicTable.Locate"/>.</summary>
    public void Accept(in PublishPacket packet, KnownTopic topic)
    {
        int qos = packet.Qos;
        _publishes[qos]++;
        if (qos == 2 && unreleased.TryGetTicket(packet.PacketId, out long ticket))
        {
            acknowledger.Stage(PacketType.PubRec, packet.PacketId, ReasonCode.Success, ticket);
            return;
        }

        ReasonCode reason = Admit(packet, topic);
        if (qos > 0)
        {
            StageAnswer(qos, packet.PacketId, policy.WithReasons ? reason : ReasonCode.Success);
        }
    }

    /// <summary>Hands the batch to the journal, waiting while it has no room, and lets the acknowledgements follow its ticket.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SubmitAsync(CancellationToken ct)
    {
        long ticket;
        try
        {
            ticket = await source.SubmitAsync(ct);
        }
        catch
        {
            ForgetStaged();
            throw;
        }

        foreach (PendingAcknowledgement staged in acknowledger.Staged)
        {
            if (staged.Type == PacketType.PubRec && staged.Ticket == long.MinValue)
            {
                unreleased.Commit(staged.PacketId, ticket);
            }
        }

        acknowledger.Publish(ticket, time.GetTimestamp());
    }

    /// <summary>
    /// A message this program cannot take, for a fault of its own, is acknowledged like any other: sent again and again it
    /// would hold up all that come after it.
    /// </summary>
    private ReasonCode Admit(in PublishPacket packet, KnownTopic topic)
    {
        try
        {
            Admission admission = source.Admit(topic.RouteOn(source), topic.Bytes, packet.Payload);
            return policy.MayPublish ? ReasonOf(admission) : ReasonCode.NotAuthorized;
        }
        catch (Exception fault)
        {
            faults.Report(fault, topic.Bytes);
            return ReasonCode.Unspecified;
        }
    }

    private static ReasonCode ReasonOf(Admission admission) => admission switch
    {
        Admission.Undecodable => ReasonCode.PayloadFormatInvalid,
        Admission.Refused => ReasonCode.ImplementationSpecific,
        Admission.Rejected => ReasonCode.TopicNameInvalid,
        _ => ReasonCode.Success,
    };

    private void StageAnswer(int qos, ushort packetId, ReasonCode reason)
    {
        if (qos == 2 && reason == ReasonCode.Success)
        {
            unreleased.Remember(packetId);
        }

        acknowledger.Stage(qos == 1 ? PacketType.PubAck : PacketType.PubRec, packetId, reason);
    }

    /// <summary>The batch was not handed over: repeats of its QoS 2 messages are new.</summary>
    private void ForgetStaged()
    {
        foreach (PendingAcknowledgement staged in acknowledger.Staged)
        {
            if (staged.Type == PacketType.PubRec && staged.Ticket == long.MinValue)
            {
                unreleased.Release(staged.PacketId);
            }
        }
    }
}
