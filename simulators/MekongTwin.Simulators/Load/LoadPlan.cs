namespace MekongTwin.Simulators.Load;

internal enum LoadPayload
{
    /// <summary>One reading, exactly 60 bytes.</summary>
    Plain,

    /// <summary>A SenML pack of ten readings, 341 bytes.</summary>
    Senml10,
}

/// <summary>What a run sends. A reading's time and value are pure functions of (topic, round): nothing is ever sent with two contents.</summary>
internal sealed record LoadPlan(LoadPayload Payload, int Qos, byte Version, int InFlight, long Messages, IReadOnlyList<LoadTopic> Topics, int Connections)
{
    /// <summary>Bound of the in-flight window: the acknowledgements of one window always fit into socket buffers.</summary>
    public const int InFlightMax = 16_384;

    private const long StepMsMax = 1000;

    /// <summary>Time of the first readings, milliseconds since 1970.</summary>
    public required long FromMs { get; init; }

    /// <summary>Milliseconds between two readings of a point; at least 1.</summary>
    public required long StepMs { get; init; }

    /// <summary>Messages per second over all connections; 0 is as fast as possible.</summary>
    public double Rate { get; init; }

    public int ReadingsPerMessage => Payload == LoadPayload.Plain ? 1 : 10;

    /// <summary>The same with a reading of each point every so many seconds from an instant on, all of which are sent in the course of that time.</summary>
    public LoadPlan Every(double seconds, DateTimeOffset from) => this with
    {
        FromMs = from.ToUnixTimeMilliseconds(),
        StepMs = (long)Math.Round(seconds * 1000 / ReadingsPerMessage),
        Rate = Topics.Count / seconds,
    };

    /// <summary>The step that keeps every reading of a run at or before now, at most a second; 0 when there is not even a millisecond for each.</summary>
    public static long FindStepMs(long fromMs, long nowMs, long messages, int topics, int connections, int readingsPerMessage)
    {
        var topicsPerConnection = topics / connections;
        var rounds = (messages / connections + 1) / topicsPerConnection + 1;
        return Math.Min(StepMsMax, (nowMs - fromMs) / (rounds * readingsPerMessage));
    }
}
