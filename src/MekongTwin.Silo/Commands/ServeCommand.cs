using System.CommandLine;
using System.Globalization;
using System.Net;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Mqtt;
using MekongTwin.Silo.Running;
using MekongTwin.Silo.Storage;

namespace MekongTwin.Silo.Commands;

/// <summary><c>serve</c>: one silo of the cluster. Options come from the command line or MEKONGTWIN_* variables.</summary>
internal static class ServeCommand
{
    /// <summary>Silos share the broker's stream under this name.</summary>
    private const string SharedGroup = "mekongtwin";

    public static Command Make()
    {
        var city = new Option<string[]>("--city") { Description = "City folders, the same on every silo; the Da Nang pilot when left out", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => Setting("CITY")?.Split(';') ?? [Host.Commands.ServeCommand.DefaultCity] };
        var database = DatabaseOption.Make();
        var http = new Option<string>("--http") { Description = "Port or address:port of HTTP", DefaultValueFactory = _ => Setting("HTTP") ?? "8080" };
        var mqtt = new Option<string>("--mqtt") { Description = "Port or address:port of MQTT", DefaultValueFactory = _ => Setting("MQTT") ?? "1883" };
        var broker = new Option<string?>("--broker") { Description = "The city's broker, shared by all silos: mqtt[s]://user@host:port/topic-filter", DefaultValueFactory = _ => Setting("BROKER") };
        var simulate = new Option<string?>("--simulate") { Description = "on or off (default): feed the region from the simulator, through this silo's door", DefaultValueFactory = _ => Setting("SIMULATE") ?? "off" };
        simulate.AcceptOnlyFromAmong("on", "off");
        var certificate = new Option<string?>("--tls-cert") { Description = "PEM or PFX file: both doors speak TLS", DefaultValueFactory = _ => Setting("TLS_CERT") };
        var name = new Option<string>("--name") { Description = "Name of this silo, the same after a restart; the host's name when left out", DefaultValueFactory = _ => Setting("NAME") ?? Dns.GetHostName() };
        var cluster = new Option<string>("--cluster") { Description = "Silos of one cluster name and one database belong together", DefaultValueFactory = _ => Setting("CLUSTER") ?? "mekongtwin" };
        var advertise = new Option<string>("--advertise") { Description = "This machine's address for the other silos", DefaultValueFactory = _ => Setting("ADVERTISE") ?? "127.0.0.1" };
        var silo = new Option<int>("--silo-port") { Description = "Port between silos", DefaultValueFactory = _ => Number("SILO_PORT", 11111) };
        var dashboard = new Option<string?>("--dashboard") { Description = "on or off (default): Orleans' dashboard for administrators. It measures every call between grains, which costs", DefaultValueFactory = _ => Setting("DASHBOARD") ?? "off" };
        dashboard.AcceptOnlyFromAmong("on", "off");
        var takeCities = new Option<string?>("--take-cities") { Description = "on or off (default): bring the city folders in even where the region had them before and has newer ones", DefaultValueFactory = _ => "off" };
        takeCities.AcceptOnlyFromAmong("on", "off");
        var command = new Command("serve", "Runs one silo: MQTT in, console and API out. This is what runs without a command.") { city, database, http, mqtt, broker, simulate, certificate, name, cluster, advertise, silo, dashboard, takeCities };
        command.SetAction(async (result, ct) =>
        {
            var options = new SiloOptions
            {
                Serve = new ServeOptions
                {
                    Cities = result.GetValue(city)!,
                    Http = result.GetValue(http)!,
                    Mqtt = result.GetValue(mqtt)!,
                    Broker = result.GetValue(broker),
                    Simulate = result.GetValue(simulate) == "on",
                    TlsCertificate = result.GetValue(certificate),
                    AddUsersWith = "dotnet run --project src/MekongTwin.Silo --",
                    UsersAt = "--database CONNECTION",
                },
                Database = result.GetValue(database) ?? Environment.GetEnvironmentVariable(DatabaseOption.Variable) ?? "",
                Cluster = result.GetValue(cluster)!,
                Name = ParseName(result.GetValue(name)!),
                Advertise = await ResolveAsync(result.GetValue(advertise)!, ct),
                SiloPort = result.GetValue(silo) is var port and > 0 and <= 65_535 ? port : throw new InputException($"--silo-port {result.GetValue(silo)}: 1 to 65535."),
                TakeCities = result.GetValue(takeCities) == "on",
                Dashboard = result.GetValue(dashboard) == "on",
            };
            await using var server = await StartAsync(options, ct);
            Say(options, server);
            await server.WaitForShutdownAsync();
            return 0;
        });
        return command;
    }

    /// <summary>Starts a silo and opens its doors.</summary>
    internal static async Task<TwinServer> StartAsync(SiloOptions options, CancellationToken ct)
    {
        SiloPlace.RequireFree(options);
        TwinServer.CheckDoors(options.Serve);
        var database = await Database.OpenAsync(options.Database, ct);
        await SiloPlace.ClaimAsync(database, options, TimeProvider.System, Console.Error.WriteLine, ct);
        var users = await UserTable.OpenAsync(database, ct);
        return await TwinServer.StartAsync(options.Serve, new Users(users), async clock => await SiloCore.OpenAsync(options, database, users, clock, ct), (broker, admissions, services) =>
            new SharedSubscriber(broker with { SharedGroup = SharedGroup, ClientId = $"mekongtwin-{options.Name}" }, admissions, TimeProvider.System, services.GetRequiredService<ILogger<SharedSubscriber>>()), ct);
    }

    private static void Say(SiloOptions options, TwinServer server)
    {
        foreach (var warning in server.Core.Warnings) Console.Error.WriteLine($"warning: {warning}");
        var scheme = options.Serve.TlsCertificate is null ? ("http", "mqtt") : ("https", "mqtts");
        Console.WriteLine($"MekongTwin silo {options.Name} of cluster {options.Cluster} serves {string.Join(", ", server.Core.Model.Cities.Select(known => known.Name))}");
        Console.WriteLine($"  console  {scheme.Item1}://localhost:{server.HttpPort}");
        Console.WriteLine($"  MQTT     {scheme.Item2}://localhost:{server.MqttPort}");
        Console.WriteLine($"  silos    {options.Advertise}:{options.SiloPort}");
        if (options.Dashboard) Console.WriteLine($"  Orleans  {scheme.Item1}://localhost:{server.HttpPort}{SiloDashboard.Path}/");
        if (server.Core.Simulated) Console.WriteLine("  The readings of this database are simulated.");
    }

    private static string ParseName(string name) => name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        ? name
        : throw new InputException($"--name {name}: 1 to 64 letters, digits, '-', '_' and '.'.");

    private static string? Setting(string name) => Environment.GetEnvironmentVariable("MEKONGTWIN_" + name) is { Length: > 0 } value ? value : null;

    private static int Number(string name, int otherwise) => int.TryParse(Setting(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private static async Task<IPAddress> ResolveAsync(string host, CancellationToken ct)
    {
        try
        {
            return IPAddress.TryParse(host, out var address) ? address : (await Dns.GetHostAddressesAsync(host, System.Net.Sockets.AddressFamily.InterNetwork, ct))[0];
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw new InputException($"--advertise {host}: {e.Message} Give an address of this machine that the other silos can reach.");
        }
    }
}
