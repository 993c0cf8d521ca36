using System.Net;
using MekongTwin.Host.Running;

namespace MekongTwin.Silo.Running;

/// <summary>What a silo is told beyond what every edition is.</summary>
public sealed record SiloOptions
{
    /// <summary>Cities, doors, broker, certificate.</summary>
    public required ServeOptions Serve { get; init; }

    /// <summary>Brings the city folders in even where the region had them and has replaced them.</summary>
    public bool TakeCities { get; init; }

    /// <summary>PostgreSQL's connection string, as Npgsql reads it.</summary>
    public required string Database { get; init; }

    /// <summary>Silos of one name and one database are one cluster.</summary>
    public string Cluster { get; init; } = "mekongtwin";

    /// <summary>Where other silos reach this one.</summary>
    public IPAddress Advertise { get; init; } = IPAddress.Loopback;

    /// <summary>Port between silos.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>Name of this silo at the city's broker: its session is kept there under it while the silo is away.</summary>
    public string Name { get; init; } = Dns.GetHostName();

    /// <summary>Serves Orleans' own dashboard to administrators. It looks at every call between grains: that is not free.</summary>
    public bool Dashboard { get; init; }
}
