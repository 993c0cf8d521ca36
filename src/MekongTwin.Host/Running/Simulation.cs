using MekongTwin.Host.Cities;

namespace MekongTwin.Host.Running;

/// <summary>Whether the city is simulated; where it is not, why.</summary>
internal sealed record Simulation(bool IsOn, string WhyNot)
{
    /// <summary>
    /// What is asked for, or without being asked: on while nobody but this machine can be meant, that is until there are
    /// users, a broker, a certificate or a door to the network.
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
            : "";
        return new(whyNot.Length == 0, whyNot);
    }

    /// <summary>Combinations that cannot work, with what to do.</summary>
    public static void Check(ServeOptions options)
    {
        if (options.Simulate && options.TlsCertificate is not null) throw new InputException("--simulate on with --tls-cert: the simulator speaks no TLS. Leave one of them out.");
        if ((options.Speed != 1 || options.Start is not null) && !HasOnlyLoopback(options)) throw new InputException("--speed and --start with a door open to the network: devices out there live in real time. Leave them out, or keep both doors on loopback.");
    }

    private static bool HasOnlyLoopback(ServeOptions options) => DoorAddress.Parse("--http", options.Http).IsLoopback && DoorAddress.Parse("--mqtt", options.Mqtt).IsLoopback;
}
