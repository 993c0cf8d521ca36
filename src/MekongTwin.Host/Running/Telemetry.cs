using System.Diagnostics;
using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MekongTwin.Host.Running;

/// <summary>
/// The program's own instruments on the meter "MekongTwin", and their export over OTLP when OTEL_EXPORTER_OTLP_ENDPOINT is set.
/// </summary>
internal sealed class Telemetry : IDisposable
{
    public const string Name = "MekongTwin";

    /// <summary>Spans of the reading's path, one a batch: never one a reading.</summary>
    public static readonly ActivitySource Activities = new(Name);

    /// <summary>Meters beside our own, by name: the process, and what the cluster edition runs on. Nobody has to be there.</summary>
    private static readonly string[] OtherMeters = ["System.Runtime", "Microsoft.Orleans"];

    /// <summary>Spans beside our own, by name: grain calls, and Orleans' own work.</summary>
    private static readonly string[] OtherSources = ["Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application"];

    /// <summary>Whether somebody is there to send it to.</summary>
    public static bool IsExported => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"));

    private readonly Meter _meter = new(Name);
    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    private Telemetry(ITwinCore core)
    {
        _meter.CreateObservableCounter("mekongtwin.ledger.readings", () => Readings(core), "{reading}", "Readings by what became of them");
        _meter.CreateObservableGauge("mekongtwin.ledger.pending", () => core.Ledger.Total.Pending, "{reading}", "Received and not accounted for yet");
        _meter.CreateObservableGauge("mekongtwin.journal.backlog", () => core.Ledger.BacklogBytes, "By", "Durable bytes that the twins have not folded");
        _meter.CreateObservableGauge("mekongtwin.journal.pending", () => core.Journal.PendingBytes, "By", "Bytes that wait for a group commit");
        _meter.CreateObservableCounter("mekongtwin.journal.commits", () => core.Journal.Commits, "{commit}", "Group commits");
        _meter.CreateObservableGauge("mekongtwin.journal.commit.p99", () => core.Journal.CommitP99Ms, "ms", "99th percentile of a group commit");
        _meter.CreateObservableCounter("mekongtwin.twins.faults", () => core.TwinFaults, "{fault}", "How often a twin failed and was set aside");
        _meter.CreateObservableGauge("mekongtwin.twins.setaside", () => core.SetAside, "{twin}", "Twins that are set aside");
        _meter.CreateObservableGauge("mekongtwin.lag.p99", () => core.Ledger.LagP99Ms, "ms", "99th percentile from receiving a reading to its being visible");
    }

    public static Telemetry Start(ITwinCore core)
    {
        var telemetry = new Telemetry(core);
        if (!IsExported) return telemetry;
        // Last: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win, so that a silo can have a name that outlives its restarts.
        var resource = ResourceBuilder.CreateDefault().AddService("mekongtwin").AddEnvironmentVariableDetector();
        telemetry._metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter([Name, .. OtherMeters]).AddOtlpExporter().Build();
        telemetry._traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource([Name, .. OtherSources]).AddOtlpExporter().Build();
        return telemetry;
    }

    public void Dispose()
    {
        _metrics?.Dispose();
        _traces?.Dispose();
        _meter.Dispose();
    }

    private static IEnumerable<Measurement<long>> Readings(ITwinCore core)
    {
        var total = core.Ledger.Total;
        yield return new(total.Received, new KeyValuePair<string, object?>("outcome", "received"));
        yield return new(total.Stored, new KeyValuePair<string, object?>("outcome", "stored"));
        yield return new(total.Duplicate, new KeyValuePair<string, object?>("outcome", "duplicate"));
        yield return new(total.Rejected.Values.Sum(), new KeyValuePair<string, object?>("outcome", "rejected"));
        yield return new(total.Quarantined.Values.Sum(), new KeyValuePair<string, object?>("outcome", "quarantined"));
    }
}
