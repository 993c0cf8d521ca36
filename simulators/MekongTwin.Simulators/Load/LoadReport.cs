using System.Text.Json.Serialization;

namespace MekongTwin.Simulators.Load;

/// <summary>What a load run did. CPU is this process' own, user and system.</summary>
internal sealed record LoadReport(
    string Payload,
    int Qos,
    int Connections,
    int InFlight,
    int Topics,
    int PayloadBytes,
    long Sent,
    long Acknowledged,
    long Refused,
    long Resent,
    long Reconnects,
    long Readings,
    double Seconds,
    double MessagesPerSecond,
    double CpuSeconds,
    double CpuSecondsPerMillion,
    string From,
    long StepMs,
    bool Complete);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LoadReport))]
internal sealed partial class LoadJson : JsonSerializerContext;
