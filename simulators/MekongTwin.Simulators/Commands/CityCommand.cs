using System.CommandLine;
using System.Globalization;
using MekongTwin.Simulators.Living;
using MekongTwin.Simulators.Mqtt;

namespace MekongTwin.Simulators.Commands;

/// <summary><c>city</c>: the devices of one or more cities, until stopped.</summary>
internal static class CityCommand
{
    private const int WindowMax = 1000;

    public static Command Make()
    {
        var common = new CommonOptions();
        var city = new Option<string[]>("--city") { Description = "City folders", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [CommonOptions.DefaultCity] };
        var seed = new Option<long>("--seed") { Description = "The same seed gives the same city", DefaultValueFactory = _ => 1 };
        var speed = new Option<double>("--speed") { Description = "Simulated seconds per real second", DefaultValueFactory = _ => 1 };
        var start = new Option<DateTimeOffset?>("--start") { Description = "Simulated time at the epoch; without it, real time", CustomParser = CommonOptions.ParseInstant };
        var epoch = new Option<DateTimeOffset?>("--epoch") { Description = "Real time at which the simulated time was --start; without it, now", CustomParser = CommonOptions.ParseInstant };
        var until = new Option<DateTimeOffset?>("--until") { Description = "End at this simulated time, with everything sent that is due after --start: the same messages each time", CustomParser = CommonOptions.ParseInstant };
        var profile = new Option<Profile>("--profile") { Description = "How often devices report: default (as utilities have it) or dense (all within seconds)" };
        var faults = new Option<Fault[]>("--faults")
        {
            Description = $"What goes wrong, by a schedule of the seed's: {string.Join(',', Enum.GetNames<Fault>()).ToLowerInvariant()}",
            CustomParser = ParseFaults,
        };
        var qos = new Option<int>("--qos") { Description = "0 or 1", DefaultValueFactory = _ => 1 };
        qos.AcceptOnlyFromAmong("0", "1");
        CommonOptions.Allow(speed, static value => value is > 0 and <= 100_000, "--speed must be above 0 and at most 100000.");
        var command = new Command("city", "Runs the living city") { city, seed, speed, start, epoch, until, profile, faults, qos };
        common.AddTo(command);
        command.SetAction((result, ct) => common.RunAsync(
            result,
            async stop =>
            {
                var clock = MakeClock(result.GetValue(start), result.GetValue(epoch), result.GetValue(speed));
                var schedules = result.GetValue(city)!
                    .Select(CommonOptions.ReadCity)
                    .Select(folder => (folder.City.Id, Schedule: new Schedule(CityDevices.Of(folder, result.GetValue(seed), result.GetValue(profile), result.GetValue(faults)?.ToHashSet()))))
                    .ToList();
                var endpoint = common.Endpoint(result);
                var end = result.GetValue(until);
                if (end is not null && result.GetValue(start) is null) throw new InvalidDataException("--until needs --start.");
                var complete = await Task.WhenAll(schedules.Select(pair => RunAsync(pair.Id, pair.Schedule, clock, end, endpoint, result.GetValue(qos), stop)));
                return complete.All(isComplete => isComplete) ? 0 : 1;
            },
            ct));
        return command;
    }

    private static Fault[]? ParseFaults(System.CommandLine.Parsing.ArgumentResult argument)
    {
        List<Fault> faults = [];
        foreach (var name in argument.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            if (!name.All(char.IsAsciiLetter) || !Enum.TryParse<Fault>(name, ignoreCase: true, out var fault)) argument.AddError($"--faults: {name} is none of {string.Join(", ", Enum.GetNames<Fault>()).ToLowerInvariant()}.");
            else faults.Add(fault);
        }
        return [.. faults];
    }

    private static SimulationClock MakeClock(DateTimeOffset? start, DateTimeOffset? epoch, double speed)
    {
        var now = TimeProvider.System.GetUtcNow();
        return start is null && epoch is null && speed == 1 ? SimulationClock.RealTime : new(start ?? epoch ?? now, epoch ?? now, speed);
    }

    /// <summary>False when it came to its end and not everything is acknowledged.</summary>
    private static async Task<bool> RunAsync(string id, Schedule schedule, SimulationClock clock, DateTimeOffset? end, MqttEndpoint endpoint, int qos, CancellationToken ct)
    {
        await Task.Yield();
        Log(string.Create(CultureInfo.InvariantCulture,
            $"{id}: {schedule.Devices.Count} devices, {schedule.Devices.Sum(device => device.Points)} points, {schedule.MessagesPerSecond * clock.Speed:0.0} messages/s to {endpoint}"));
        await using var publisher = new MqttPublisher(endpoint, $"simulator-{id}", qos, WindowMax, message => Log($"{id}: {message}"));
        var city = new LivingCity(id, schedule, clock, TimeProvider.System, publisher, Log);
        if (end is { } until) return await city.RunAsync(clock.Start.ToUnixTimeSeconds(), until.ToUnixTimeSeconds(), ct);
        await city.RunAsync(ct);
        return true;
    }

    private static void Log(string message) => Console.Error.WriteLine(message);
}
