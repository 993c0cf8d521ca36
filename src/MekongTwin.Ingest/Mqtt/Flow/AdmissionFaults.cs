using Microsoft.Extensions.Logging;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// Messages whose admission threw: faults of this program. Each is counted; the log has one of them a minute, so that a
/// device that repeats such a message does not fill it. Thread-safe.
/// </summary>
internal sealed class AdmissionFaults(ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private long _count;
    private long _nextLog = long.MinValue;

    /// <summary>Since the start.</summary>
    public long Count => Interlocked.Read(ref _count);

    public void Report(Exception fault, ReadOnlySpan<byte> topic)
    {
        long count = Interlocked.Increment(ref _count);
        MqttMeters.AdmissionFaults.Add(1);
        long now = time.GetTimestamp();
        long next = Interlocked.Read(ref _nextLog);
        long interval = (long)(LogInterval.TotalSeconds * time.TimestampFrequency);
        if (now >= next && Interlocked.CompareExchange(ref _nextLog, now + interval, next) == next)
        {
            MqttLog.AdmissionFailed(logger, fault, SourceName.Printable(topic), count);
        }
    }
}
