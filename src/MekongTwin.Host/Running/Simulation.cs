using MekongTwin.Host.Cities;

namespace MekongTwin.Host.Running;

/// <summary>Whether the city is simulated; where it is not, why.</summary>
internal sealed record Simulation(bool IsOn, string WhyNot)
{
    /// <summary>What a city folder needs to be simulated, besides what every city needs.</summary>
    private const string Needed = "simulation.json";

    /// <summary>What the simulator can let go wrong between a sensor and the twin; its page says what each does.</summary>
    public static readonly IReadOnlyList<string> Faults = ["lost", "late", "duplicate", "disorder", "stuck", "spike", "drift", "clock", "burst", "gateway"];

    /// <summary>
    /// What is asked for, or without being asked: on while nobody but this machine can be meant, that is until there are
    /// users, a broker, a certificate or a door to the network; and only cities that say how.
    /// </summary>
    /// <param name="asked">on, off, or null when nothing was said.</param>
    /// <param name="options">The other options.</param>
    /// <param name="hasUsers">True when users are configured.</param>
    public static Simulation Decide(string? asked, ServeOptions options, bool hasUsers)
    {
        var whyNot = asked == "on" ? ""
            : asked == "off" ? "--simulate off"
            : options.Broker is not null ? "--broker brings the streams"
            : options.TlsCertificate is not null ? "the simulator speaks no TLS"
            : !HasOnlyLoopback(options) ? "a door is open to the network"
            : hasUsers ? "there are users; --simulate on simulates all the same"
            : FindMissing(options) is { } city ? $"{city} has no {Needed}"
            : "";
        return new(whyNot.Length == 0, whyNot);
    }

    /// <summary>Combinations that cannot work, with what to do.</summary>
    public static void Check(ServeOptions options)
    {
        if (options.Simulate && options.TlsCertificate is not null) throw new InputException("--simulate on with --tls-cert: the simulator speaks no TLS. Leave one of them out.");
        if (options.SimulatorFaults.FirstOrDefault(fault => !Faults.Contains(fault, StringComparer.OrdinalIgnoreCase)) is { } unknown) throw new InputException($"--faults {unknown}: is none of {string.Join(", ", Faults)}.");
        if (!options.Simulate && options.SimulatorFaults.Count > 0) throw new InputException($"--faults {string.Join(',', options.SimulatorFaults)}: only the simulator makes faults on demand, and nothing is simulated. Leave it out, or say --simulate on.");
        if (options.Simulate && FindMissing(options) is { } city) throw new InputException($"{city}: has no {Needed}, which the simulator needs. Write it as docs/city-folder.md says, or leave --simulate on out.");
        if ((options.Speed != 1 || options.Start is not null) && !HasOnlyLoopback(options)) throw new InputException("--speed and --start with a door open to the network: devices out there live in real time. Leave them out, or keep both doors on loopback.");
    }

    /// <summary>A city that says nothing about its simulation; a folder that is not there is told by who reads it.</summary>
    private static string? FindMissing(ServeOptions options) =>
        options.Cities.FirstOrDefault(city => Directory.Exists(city) && !File.Exists(Path.Combine(city, Needed)));

    private static bool HasOnlyLoopback(ServeOptions options) => DoorAddress.Parse("--http", options.Http).IsLoopback && DoorAddress.Parse("--mqtt", options.Mqtt).IsLoopback;
}
