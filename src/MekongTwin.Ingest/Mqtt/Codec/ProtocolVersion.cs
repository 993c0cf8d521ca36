namespace MekongTwin.Ingest.Mqtt;

/// <summary>The protocol level byte of CONNECT (3.1.2.2).</summary>
public enum ProtocolVersion : byte
{
    /// <summary>MQTT 3.1.1.</summary>
    V311 = 4,

    /// <summary>MQTT 5.0.</summary>
    V5 = 5,
}
