using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MekongTwin.Simulators.Cities;
using MekongTwin.Simulators.Mqtt;

namespace MekongTwin.Simulators.Commands;

/// <summary>Options both commands share, and how their arguments are read.</summary>
internal sealed class CommonOptions
{
    public const string DefaultCity = "simulators/cities/vn-dad";

    private const string PasswordVariable = "MEKONGTWIN_SIMULATOR_PASSWORD";

    public Option<MqttEndpoint> Mqtt { get; } = new("--mqtt")
    {
        Description = "The server: host:port",
        DefaultValueFactory = _ => new("127.0.0.1", 1883),
        CustomParser = ParseEndpoint,
    };

    public Option<string?> User { get; } = new("--user") { Description = "User name" };

    public Option<string?> Password { get; } = new("--password")
    {
        Description = $"Password; without it, that of the variable {PasswordVariable}, which other users of the machine cannot see",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(PasswordVariable),
    };

    public Option<int> Version { get; } = new("--mqtt-version") { Description = "3 (3.1.1) or 5 (5.0)", DefaultValueFactory = _ => 3 };

    public Option<bool> ParentStdin { get; } = new("--parent-stdin") { Description = "End when standard input closes" };

    public void AddTo(Command command)
    {
        Version.AcceptOnlyFromAmong("3", "5");
        foreach (var option in new Option[] { Mqtt, User, Password, Version, ParentStdin }) command.Options.Add(option);
    }

    /// <summary>Refuses values of an option that are not allowed; what cannot be read at all the parser refuses itself.</summary>
    public static void Allow<T>(Option<T> option, Predicate<T?> isAllowed, string error) => option.Validators.Add(result =>
    {
        try
        {
            if (!isAllowed(result.GetValueOrDefault<T>())) result.AddError(error);
        }
        catch (InvalidOperationException)
        {
            // It is no number.
        }
    });

    public MqttEndpoint Endpoint(ParseResult result) => result.GetValue(Mqtt)! with
    {
        User = result.GetValue(User),
        Password = result.GetValue(Password),
        Version = (byte)(result.GetValue(Version) == 5 ? 5 : 4),
    };

    /// <summary>Runs the work under signals and, if asked, under the parent's standard input. 0 done, 1 failed, 2 bad input.</summary>
    public async Task<int> RunAsync(ParseResult result, Func<CancellationToken, Task<int>> work, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (result.GetValue(ParentStdin)) ParentWatch.Start(stop);
        try
        {
            return await work(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (InvalidDataException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }
        catch (Exception exception) when (exception is MqttException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    /// <summary>An instant with its offset; without one it is UTC.</summary>
    public static DateTimeOffset? ParseInstant(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)) return instant;
        argument.AddError($"{text} is no instant. Example: 2026-11-21T17:00:00+07:00");
        return null;
    }

    public static CityFolder ReadCity(string directory) => Directory.Exists(directory)
        ? CityFolder.Read(directory)
        : throw new InvalidDataException($"{directory}: no such city folder.");

    public static MqttEndpoint[]? ParseEndpoints(ArgumentResult argument) => [.. argument.Tokens.Select(token => ParseEndpoint(argument, token.Value)).OfType<MqttEndpoint>()];

    private static MqttEndpoint? ParseEndpoint(ArgumentResult argument) => ParseEndpoint(argument, argument.Tokens[0].Value);

    private static MqttEndpoint? ParseEndpoint(ArgumentResult argument, string text)
    {
        if (MqttEndpoint.TryParse(text, out var endpoint)) return endpoint;
        argument.AddError($"{text} is no host:port.");
        return null;
    }
}
