using System.Diagnostics.Metrics;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>Every instrument of the MQTT door.</summary>
internal static class MqttMeters
{
    private static readonly Meter Meter = new("MekongTwin");

    private static readonly KeyValuePair<string, object?>[] QosTags = [new("qos", 0), new("qos", 1), new("qos", 2)];

    private static readonly Counter<long> PublishCounter =
        Meter.CreateCounter<long>("mqtt.publishes", "{message}", "PUBLISH packets received, by QoS.");

    private static readonly Counter<long> CloseCounter =
        Meter.CreateCounter<long>("mqtt.closes", "{connection}", "Connections ended, by reason.");

    public static UpDownCounter<long> Connections { get; } =
        Meter.CreateUpDownCounter<long>("mqtt.connections", "{connection}", "Open connections.");

    public static UpDownCounter<long> InFlight { get; } =
        Meter.CreateUpDownCounter<long>("mqtt.in_flight", "{message}", "QoS 1 and 2 messages received and not acknowledged yet.");

    public static Counter<long> Packets { get; } =
        Meter.CreateCounter<long>("mqtt.packets", "{packet}", "Packets received.");

    public static Counter<long> Takeovers { get; } =
        Meter.CreateCounter<long>("mqtt.takeovers", "{connection}", "Connections replaced by a newer one of the same client.");

    public static Counter<long> OutputsSkipped { get; } =
        Meter.CreateCounter<long>("mqtt.outputs.skipped", "{message}", "Output messages larger than the client's maximum packet size.");

    public static Counter<long> AdmissionFaults { get; } =
        Meter.CreateCounter<long>("mqtt.admission_faults", "{message}", "Messages lost to a fault of this program; logged.");

    public static void Publishes(int qos, int count)
    {
        if (count > 0)
        {
            PublishCounter.Add(count, QosTags[qos]);
        }
    }

    public static void Closed(CloseReason reason) =>
        CloseCounter.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));
}
