using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MekongTwin.Api;
using MekongTwin.Domain.Access;
using MekongTwin.Host.Cities;
using MekongTwin.Ingest;
using MekongTwin.Ingest.Mqtt;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace MekongTwin.Host.Running;

/// <summary>Makes an edition's subscriber to a broker.</summary>
internal delegate IBrokerSubscriber SubscriberFactory(BrokerOptions broker, IAdmissions admissions, IServiceProvider services);

/// <summary>The running program: the core, its doors, the simulator.</summary>
internal sealed class TwinServer : IAsyncDisposable
{
    /// <summary>Most loops that fold readings: each is a thread's worth of work.</summary>
    private const int WorkersMax = 64;

    /// <summary>Bytes that the system keeps unsent of a connection, about.</summary>
    private const int SendBufferSize = 256 << 10;

    private readonly WebApplication _app;
    private readonly ITwinCore _core;
    private readonly MqttServer _mqtt;
    private readonly IBrokerSubscriber? _subscriber;
    private readonly Telemetry _telemetry;
    private readonly CancellationTokenSource _stop = new();
    private SimulatorKeeper? _simulator;
    private Task _subscribing = Task.CompletedTask;
    private Task _simulating = Task.CompletedTask;
    private Task _watching = Task.CompletedTask;

    private TwinServer(WebApplication app, ITwinCore core, MqttServer mqtt, IBrokerSubscriber? subscriber)
    {
        _app = app;
        _core = core;
        _mqtt = mqtt;
        _subscriber = subscriber;
        _telemetry = Telemetry.Start(core);
        if (subscriber is not null) core.Broker = () => subscriber.Status is var status ? new(status.Name, status.Connected, status.BrokerDropped, status.LastError) : null;
        core.DoorHealth = ReadDoorHealth;
        core.Doors = () => new(Product.Version, mqtt.Status, subscriber?.Status, core.Journal, _simulator is { IsRunning: true }, ReadMemory(), core.ReadHealth());
    }

    public ITwinCore Core => _core;

    public int HttpPort { get; private set; }

    public int MqttPort { get; private set; }

    /// <summary>Method and path of every route that is meant to be known.</summary>
    public IEnumerable<string> Routes => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null)
        .SelectMany(endpoint => endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText!.Replace(":long", "", StringComparison.Ordinal)}"));

    /// <summary>The embedded edition.</summary>
    public static Task<TwinServer> StartAsync(ServeOptions options, CancellationToken ct) =>
        StartAsync(options, new Users(new UserFile(DataDirectory.UsersFile(options.Data))), async clock => await TwinCore.OpenAsync(options, clock, ct), SubscribeTo, ct);

    /// <summary>Opens the core of an edition, then the doors around it.</summary>
    /// <param name="options">What it is told.</param>
    /// <param name="users">Whom the doors let in.</param>
    /// <param name="open">Opens the core.</param>
    /// <param name="subscribe">Makes the subscriber to a broker.</param>
    /// <param name="ct">Gives the start up.</param>
    internal static async Task<TwinServer> StartAsync(ServeOptions options, Users users, Func<TimeProvider, Task<ITwinCore>> open, SubscriberFactory subscribe, CancellationToken ct)
    {
        var (http, mqttAt) = CheckDoors(options);
        CheckOptions(options);
        DoorAddress.RefuseOpen(http, mqttAt, users.IsOpen, options);
        var epoch = DateTimeOffset.UtcNow;
        var start = options.Start ?? epoch;
        var clock = options.Speed == 1 && options.Start is null ? TimeProvider.System : new ScaledClock(start, epoch, options.Speed);
        BrokerOptions? broker = null;
        if (options.Broker is { } address && !BrokerOptions.TryParse(address, Environment.GetEnvironmentVariable(BrokerOptions.PasswordVariable), out broker, out var error))
            throw new InputException($"--broker {address}: {error}");
        var core = await open(clock);
        TwinServer? server = null;
        try
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
            builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ssZ "));
            // A door that cannot be opened is said in one sentence, not with a stack trace.
            builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
            builder.Services.AddTwinApi();
            builder.Services.AddSingleton<IAccess>(users);
            builder.Services.AddSingleton<IAdmissions>(_ => core.Admissions);
            builder.Services.AddSingleton<IOutputs>(_ => new LiveOutputs(core.Twins, () => core.Model));
            builder.Services.AddSingleton(new MqttOptions());
            builder.Services.AddSingleton(TimeProvider.System);
            builder.Services.AddSingleton<MqttServer>();
            builder.WebHost.UseKestrelHttpsConfiguration();
            // What a connection may hold unread: pings behind it are looked for within the same bound.
            builder.WebHost.UseSockets(sockets =>
            {
                sockets.MaxReadBufferSize = 64 << 10;
                sockets.CreateBoundListenSocket = Bind;
            });
            builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, http, mqttAt, options));
            core.AddTo(builder);
            var app = builder.Build();
            await core.BeginAsync(app.Services, ct);
            app.UseSecurityHeaders();
            app.UseHostNames(users);
            ConsolePage.Use(app);
            app.MapTwinApi(core, users);
            core.MapTo(app);
            var subscriber = broker is null ? null : subscribe(broker, core.Admissions, app.Services);
            server = new TwinServer(app, core, app.Services.GetRequiredService<MqttServer>(), subscriber);
            await server.OpenDoorsAsync(options, users, start, epoch, ct);
            return server;
        }
        catch
        {
            await (server?.DisposeAsync() ?? core.DisposeAsync());
            throw;
        }
    }

    /// <summary>Where the doors are to be; refuses what cannot be opened.</summary>
    internal static (DoorAddress Http, DoorAddress Mqtt) CheckDoors(ServeOptions options)
    {
        var (http, mqtt) = (DoorAddress.Parse("--http", options.Http), DoorAddress.Parse("--mqtt", options.Mqtt));
        http.RequireFree();
        mqtt.RequireFree();
        return (http, mqtt);
    }

    /// <summary>Completes when the program is asked to stop.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _simulating;
        await _mqtt.StopAsync(CancellationToken.None);
        await _app.StopAsync();
        await Task.WhenAll(_subscribing, _watching);
        await _app.DisposeAsync();
        _telemetry.Dispose();
        await _core.DisposeAsync();
        _stop.Dispose();
    }

    private async Task OpenDoorsAsync(ServeOptions options, Users users, DateTimeOffset start, DateTimeOffset epoch, CancellationToken ct)
    {
        try
        {
            await _app.StartAsync(ct);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new InputException($"{e.Message} Stop the other program, or choose other ports with --http and --mqtt.");
        }
        var ports = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address).Port).ToList();
        (HttpPort, MqttPort) = (ports[0], ports[1]);
        _core.Mqtt = new(options.TlsCertificate is null ? "mqtt" : "mqtts", MqttPort);
        await _core.OpenedAsync(ct);
        if (_subscriber is not null) _subscribing = _subscriber.RunAsync(_stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        if (options.Simulate) Simulate(options, users.AddTransient("simulator", Role.Device), start, epoch);
        _watching = new HealthLog(() => [.. _core.ReadHealth().Where(check => !check.IsLoggedElsewhere)], TimeProvider.System, _app.Services.GetRequiredService<ILogger<HealthLog>>()).RunAsync(_app.Lifetime.ApplicationStopping);
    }

    private void Simulate(ServeOptions options, (string Name, string Password) user, DateTimeOffset start, DateTimeOffset epoch)
    {
        var log = _app.Services.GetRequiredService<ILogger<SimulatorProcess>>();
        var told = new SimulatorOptions(options.Cities, DoorAddress.Parse("--mqtt", options.Mqtt).Reach(MqttPort), start, epoch, options.Speed, options.SimulatorProfile, options.SimulatorFaults, user.Name, user.Password);
        _simulator = new(() => SimulatorProcess.Start(told, log), TimeProvider.System);
        _simulating = _simulator.RunAsync(_stop.Token);
    }

    /// <summary>What is away without keeping the server from serving.</summary>
    private IEnumerable<HealthCheck> ReadDoorHealth()
    {
        if (_simulator is not null) yield return _simulator.Health;
        if (_subscriber?.Status is not { } broker) yield break;
        var trouble = broker.Connected ? null : $"{broker.Name} is not connected ({broker.LastError?.TrimEnd('.') ?? "no answer yet"}). It is tried again and again; what the broker keeps meanwhile follows then.";
        yield return new("broker", broker.Connected, trouble) { Required = false, Since = broker.Since };
    }

    private static BrokerSubscriber SubscribeTo(BrokerOptions broker, IAdmissions admissions, IServiceProvider services) =>
        new(broker, admissions, TimeProvider.System, services.GetRequiredService<ILogger<BrokerSubscriber>>());

    private static MemoryView ReadMemory() => new(GC.GetTotalAllocatedBytes(), GC.GetGCMemoryInfo().HeapSizeBytes, GC.CollectionCount(0), Math.Round(GC.GetTotalPauseDuration().TotalMilliseconds, 1));

    private static void CheckOptions(ServeOptions options)
    {
        if (options.Speed is not (> 0 and <= 100_000)) throw new InputException($"--speed {options.Speed}: a number above 0, at most 100000.");
        if (!options.Simulate && (options.Speed != 1 || options.Start is not null)) throw new InputException("--speed and --start need the simulator: real devices live in real time. Leave them out, or say --simulate on.");
        if (options.Broker is not null && (options.Speed != 1 || options.Start is not null)) throw new InputException("--speed and --start cannot be used with --broker: its devices live in real time.");
        if (options.Workers is < 1 or > WorkersMax) throw new InputException($"--workers {options.Workers}: 1 to {WorkersMax}.");
        if (options.SimulatorProfile is not ("default" or "dense")) throw new InputException($"--profile {options.SimulatorProfile}: default or dense.");
        if (options.Retention < TimeSpan.FromDays(1)) throw new InputException("--retain: at least 1d.");
        Simulation.Check(options);
    }

    private static void Listen(KestrelServerOptions kestrel, DoorAddress http, DoorAddress mqtt, ServeOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 1 << 20;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        var certificate = options.TlsCertificate is null ? null : DoorAddress.LoadCertificate(options.TlsCertificate);
        http.Listen(kestrel, listen => UseTls(listen, certificate));
        mqtt.Listen(kestrel, listen =>
        {
            UseTls(listen, certificate);
            listen.UseConnectionHandler<MqttConnectionHandler>();
        });
    }

    /// <summary>
    /// What the system keeps for a reader that does not read. Left alone it grows to megabytes a connection, and such a
    /// reader is found out only when it is full.
    /// </summary>
    private static Socket Bind(EndPoint endpoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        socket.SendBufferSize = SendBufferSize;
        return socket;
    }

    private static void UseTls(ListenOptions listen, X509Certificate2? certificate)
    {
        if (certificate is not null) listen.UseHttps(certificate);
    }
}
