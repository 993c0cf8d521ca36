namespace MekongTwin.Host.Running;

/// <summary>What <c>serve</c> is told. Command line, then MEKONGTWIN_* variables, then appsettings.json.</summary>
public sealed record ServeOptions
{
    public IReadOnlyList<string> Cities { get; init; } = [];

    public string Data { get; init; } = "data";

    /// <summary>Port, or address:port, of HTTP. 0 chooses a free port.</summary>
    public string Http { get; init; } = "8080";

    /// <summary>Port, or address:port, of MQTT. 0 chooses a free port.</summary>
    public string Mqtt { get; init; } = "1883";

    /// <summary>An existing broker to take streams from.</summary>
    public string? Broker { get; init; }

    public bool Simulate { get; init; } = true;

    /// <summary>How many times faster than real time; only with the simulator.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Simulated time at the start; null is now.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>PEM (certificate and key) or PFX file for both doors.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>How old a reading may be when it comes, where its city does not say how long readings are kept.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Loops that fold readings.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>Extra arguments for the simulator.</summary>
    public string SimulatorProfile { get; init; } = "default";

    /// <summary>What goes wrong in the simulated city, by the names of <see cref="Simulation.Faults"/>.</summary>
    public IReadOnlyList<string> SimulatorFaults { get; init; } = [];

    /// <summary>How this edition's program is run, for advice on making users.</summary>
    internal string AddUsersWith { get; init; } = "dotnet run --project src/MekongTwin.Host --";

    /// <summary>The option that says where the users are kept.</summary>
    internal string UsersAt
    {
        get => field ?? $"--data {Data}";
        init;
    }
}
