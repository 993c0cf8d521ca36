using MekongTwin.Api;
using MekongTwin.Ingest;

namespace MekongTwin.Host.Running;

/// <summary>Everything between the doors, whichever edition it is: journal, twins, facts, admission.</summary>
internal interface ITwinCore : ITwinServices, IAsyncDisposable
{
    Admissions Admissions { get; }

    /// <summary>What is odd in the city folders, though it may be meant.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>The ledger as it was a moment ago, for what cannot wait.</summary>
    LedgerPage Ledger { get; }

    /// <summary>How often a twin failed and was set aside since the start.</summary>
    long TwinFaults { get; }

    /// <summary>Twins that are set aside now.</summary>
    int SetAside { get; }

    /// <summary>Where devices send to; set by whoever opens that door.</summary>
    new MqttDoor? Mqtt { get; set; }

    /// <summary>State of the doors; set by whoever opens them.</summary>
    Func<StatusView> Doors { get; set; }

    /// <summary>State of the subscription to a broker; set by whoever subscribes.</summary>
    Func<BrokerView?> Broker { get; set; }

    /// <summary>Health of what is around the core; set by whoever opens the doors.</summary>
    Func<IEnumerable<HealthCheck>> DoorHealth { get; set; }

    /// <summary>Adds what it runs on to the program, before that is built.</summary>
    void AddTo(WebApplicationBuilder builder);

    /// <summary>Adds routes of its own, behind the same login.</summary>
    void MapTo(WebApplication app)
    {
        // Most have none.
    }

    /// <summary>The program is built, and no door is open yet.</summary>
    Task BeginAsync(IServiceProvider services, CancellationToken ct);

    /// <summary>The doors are open.</summary>
    Task OpenedAsync(CancellationToken ct);

    /// <summary>Waits until everything that is durable now is folded and visible to readers.</summary>
    Task SettleAsync(CancellationToken ct);
}
