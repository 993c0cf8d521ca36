using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MekongTwin.Host.Cities;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MekongTwin.Host.Running;

/// <summary>Where a door listens: loopback unless an address is given.</summary>
internal sealed record DoorAddress(string Option, IPAddress Address, int Port)
{
    public bool IsLoopback => IPAddress.IsLoopback(Address);

    /// <summary>Where a program of this machine finds a door that listens at this address and port.</summary>
    public string Reach(int port) => $"{(Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : Address) switch
    {
        { AddressFamily: AddressFamily.InterNetworkV6 } six => $"[{six}]",
        var four => four.ToString(),
    }}:{port.ToString(System.Globalization.CultureInfo.InvariantCulture)}";

    public static DoorAddress Parse(string option, string text)
    {
        var colon = text.LastIndexOf(':');
        var address = IPAddress.Loopback;
        if (colon >= 0 && text[..colon] is var host && !(host == "*" || IPAddress.TryParse(host.Trim('[', ']'), out address!)))
            throw new InputException($"{option} {text}: '{host}' is not an address. Write a port (loopback only), or address:port such as 0.0.0.0:8080.");
        if (colon >= 0 && text[..colon] == "*") address = IPAddress.IPv6Any;
        if (!int.TryParse(text[(colon + 1)..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port) || port > 65535)
            throw new InputException($"{option} {text}: '{text[(colon + 1)..]}' is not a port (0 to 65535).");
        return new(option, address, port);
    }

    /// <summary>Refuses a port that another program listens at, and an address that is not this machine's, before anything else is begun. Port 0 is any free one.</summary>
    public void RequireFree()
    {
        using var probe = new Socket(Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(Address, Port));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new InputException($"{Option} {Reach(Port)}: another program listens there already. Stop it (is this one running?), or give another port with {Option}.");
        }
        catch (SocketException e)
        {
            throw new InputException($"{Option} {Reach(Port)}: {e.Message}. Give an address of this machine, and a port that this user may open.");
        }
    }

    /// <summary>Doors that others can reach need users; the message gives the command that makes one.</summary>
    public static void RefuseOpen(DoorAddress http, DoorAddress mqtt, bool isOpen, ServeOptions options)
    {
        foreach (var door in (DoorAddress[])[http, mqtt])
        {
            if (door.IsLoopback || !isOpen) continue;
            throw new InputException($"{door.Option} {door.Address}:{door.Port}: refused, because anybody on the network could read and write: no users are configured.\n"
                + $"Make one first:  {options.AddUsersWith} users add NAME --role admin {options.UsersAt}\n"
                + "and one of role device for the sensors. Add --tls-cert FILE so that passwords do not cross the network in the clear.");
        }
    }

    public static X509Certificate2 LoadCertificate(string file)
    {
        try
        {
            return file.EndsWith(".pfx", StringComparison.OrdinalIgnoreCase) || file.EndsWith(".p12", StringComparison.OrdinalIgnoreCase)
                ? X509CertificateLoader.LoadPkcs12FromFile(file, Environment.GetEnvironmentVariable("MEKONGTWIN_TLS_PASSWORD"))
                : X509Certificate2.CreateFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException)
        {
            throw new InputException($"--tls-cert {file}: {e.Message} Give a PEM file with certificate and key, or a PFX file (its password in MEKONGTWIN_TLS_PASSWORD).");
        }
    }

    public void Listen(KestrelServerOptions kestrel, Action<ListenOptions> configure) => kestrel.Listen(Address, Port, configure);
}
