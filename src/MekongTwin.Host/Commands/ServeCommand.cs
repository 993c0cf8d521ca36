using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MekongTwin.Domain.Assets;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Commands;

/// <summary><c>serve</c>: the running twin. Options come from the command line, MEKONGTWIN_* variables, appsettings.json.</summary>
internal static class ServeCommand
{
    /// <summary>The pilot that runs when no city is named.</summary>
    public static string DefaultCity => Path.Combine(AppContext.BaseDirectory, "cities", "vn-dad");

    public static Command Make()
    {
        var settings = ReadSettings(Path.Combine(Directory.GetCurrentDirectory(), "appsettings.json"));
        string? Setting(string name) => settings[name];
        var city = new Option<string[]>("--city") { Description = "City folders; the Da Nang pilot when left out", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => Setting("city")?.Split(';') ?? [DefaultCity] };
        var data = new Option<string>("--data") { Description = "Data directory", DefaultValueFactory = _ => Setting("data") ?? "data" };
        var http = new Option<string>("--http") { Description = "Port or address:port of HTTP", DefaultValueFactory = _ => Setting("http") ?? "8080" };
        var mqtt = new Option<string>("--mqtt") { Description = "Port or address:port of MQTT", DefaultValueFactory = _ => Setting("mqtt") ?? "1883" };
        var broker = new Option<string?>("--broker") { Description = "Broker to take streams from: mqtt[s]://user@host:port/topic-filter", DefaultValueFactory = _ => Setting("broker") };
        var simulate = new Option<string?>("--simulate") { Description = "on or off: feed the city from the simulator; without it on while both doors are on loopback and there are no users, broker or certificate", DefaultValueFactory = _ => Setting("simulate") };
        simulate.AcceptOnlyFromAmong("on", "off");
        var speed = new Option<double>("--speed") { Description = "Simulated seconds per second", DefaultValueFactory = _ => double.TryParse(Setting("speed") ?? "1", CultureInfo.InvariantCulture, out var value) ? value : double.NaN };
        var start = new Option<DateTimeOffset?>("--start") { Description = "Simulated time at the start, ISO 8601 with offset", CustomParser = result => ParseTime(result) };
        var certificate = new Option<string?>("--tls-cert") { Description = "PEM or PFX file: both doors speak TLS", DefaultValueFactory = _ => Setting("tls-cert") };
        var retain = new Option<string>("--retain") { Description = "How old a reading may be when it comes, e.g. 90d; a city whose folder says how long readings are kept (retention in city.json) goes by that", DefaultValueFactory = _ => Setting("retain") ?? "90d" };
        var workers = new Option<int>("--workers") { Description = "Loops that fold readings", DefaultValueFactory = _ => Math.Clamp(Environment.ProcessorCount, 1, 4) };
        var profile = new Option<string>("--profile") { Description = "Simulated telemetry: default or dense", DefaultValueFactory = _ => "default" };
        var faults = new Option<string[]>("--faults") { Description = $"What goes wrong in the simulated city, each about once a day a device: {string.Join(',', Simulation.Faults)}", DefaultValueFactory = _ => [Setting("faults") ?? ""] };
        var command = new Command("serve", "Runs the twin: MQTT in, console and API out. This is what runs without a command.") { city, data, http, mqtt, broker, simulate, speed, start, certificate, retain, workers, profile, faults };
        command.SetAction(async (result, ct) =>
        {
            var options = new ServeOptions
            {
                Cities = result.GetValue(city)!,
                Data = result.GetValue(data)!,
                Http = result.GetValue(http)!,
                Mqtt = result.GetValue(mqtt)!,
                Broker = result.GetValue(broker),
                Speed = result.GetValue(speed),
                Start = result.GetValue(start),
                TlsCertificate = result.GetValue(certificate),
                Retention = ParseRetention(result.GetValue(retain)!),
                Workers = result.GetValue(workers),
                SimulatorProfile = result.GetValue(profile)!,
                SimulatorFaults = [.. result.GetValue(faults)!.SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
            };
            var simulation = Simulation.Decide(result.GetValue(simulate), options, UserFile.Read(DataDirectory.UsersFile(options.Data)).Count > 0);
            await using var server = await TwinServer.StartAsync(options with { Simulate = simulation.IsOn }, ct);
            foreach (var warning in server.Core.Warnings) Console.Error.WriteLine($"warning: {warning}");
            var scheme = options.TlsCertificate is null ? ("http", "mqtt") : ("https", "mqtts");
            Console.WriteLine($"MekongTwin serves {string.Join(", ", server.Core.Model.Cities.Select(known => known.Name))}");
            Console.WriteLine($"  console  {scheme.Item1}://localhost:{server.HttpPort}");
            Console.WriteLine($"  MQTT     {scheme.Item2}://localhost:{server.MqttPort}   e.g. topic {ExampleTopic(server.Core.Model)}");
            Console.WriteLine($"  data     {Path.GetFullPath(options.Data)}");
            var wrong = options.SimulatorFaults.Count > 0 ? $", with faults: {string.Join(", ", options.SimulatorFaults)}" : "";
            Console.WriteLine(simulation.IsOn ? $"  The city is simulated{wrong}; --simulate off waits for real devices." : $"  Waiting for devices. Nothing is simulated: {simulation.WhyNot}.");
            await server.WaitForShutdownAsync();
            return 0;
        });
        return command;
    }

    /// <summary>A topic that is taken in, a transformer's if there is one.</summary>
    private static string ExampleTopic(Model model)
    {
        var point = model.Points.OrderByDescending(point => model.Assets[point.Asset].Kind == AssetKind.Transformer).FirstOrDefault();
        return point is null ? $"mt/v1/{model.Cities[0].Id}/<asset>/<metric>; no point is in points.json yet" : $"mt/v1/{model.Assets[point.Asset].Id}/{point.Metric}";
    }

    private static IConfigurationRoot ReadSettings(string file)
    {
        try
        {
            return new ConfigurationBuilder().AddJsonFile(file, optional: true).AddEnvironmentVariables("MEKONGTWIN_").Build();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: cannot be read: {(e.InnerException ?? e).Message} Mend it, or start the program in another directory.");
        }
    }

    private static DateTimeOffset? ParseTime(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var hasOffset = text.EndsWith('Z') || (text.Length > 19 && text[^6] is '+' or '-');
        if (hasOffset && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time)) return time;
        result.AddError($"--start {text}: not a time with offset; write it as 2026-11-21T17:00:00+07:00.");
        return null;
    }

    private static TimeSpan ParseRetention(string text) =>
        text.EndsWith('d') && double.TryParse(text[..^1], CultureInfo.InvariantCulture, out var days) && days is > 0 and < 36_500
            ? TimeSpan.FromDays(days)
            : throw new InputException($"--retain {text}: write days, such as 90d.");
}
