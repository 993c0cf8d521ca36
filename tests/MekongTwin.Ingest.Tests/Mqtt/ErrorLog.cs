using MekongTwin.Ingest.Mqtt;
using Microsoft.Extensions.Logging;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>A log that counts its errors.</summary>
internal sealed class ErrorLog : ILogger<MqttServer>
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Interlocked.Increment(ref _count);
}
