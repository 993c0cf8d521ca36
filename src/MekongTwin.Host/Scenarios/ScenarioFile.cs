using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;
using MekongTwin.Host.Cities;
using MekongTwin.Scenarios;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;

namespace MekongTwin.Host.Scenarios;

/// <summary>Reads a scenario from JSON as strictly as a city folder is read: a message names file, line and field.</summary>
internal static class ScenarioFile
{
    private static readonly Dictionary<string, Func<Fields, CityErrors, Lever>> Levers = new(StringComparer.Ordinal)
    {
        ["heatWave"] = static (f, _) => new HeatWave(f.Number("deltaC", -10, 10)),
        ["electricMotorbikes"] = static (f, e) => new ElectricMotorbikes(f.Number("share", 0, 1), Charging(f, e))
        {
            BikesPerPerson = f.Number("bikesPerPerson", 0, 2, 0.7), KmPerDay = f.Number("kmPerDay", 0, 200, 20), KwhPerKm = f.Number("kwhPerKm", 0.005, 0.2, 0.035),
        },
        ["electricCars"] = static (f, e) => new ElectricCars(f.Number("share", 0, 1), Charging(f, e))
        {
            PeoplePerHousehold = f.Number("peoplePerHousehold", 1, 10, 3.5), KmPerDay = f.Number("kmPerDay", 0, 500, 35), KwhPerKm = f.Number("kwhPerKm", 0.05, 1, 0.17),
        },
        ["rooftopPv"] = static (f, _) => new MorePv(f.Number("mwp", 0, 10_000)) { Exports = Flag(f, "exports", true) },
        ["growth"] = static (f, _) => new Growth(f.Number("percent", -50, 200, 0), f.Number("percentPerYear", -20, 50, 0)) { Below = Optional(f, "below") },
        ["newLoad"] = static (f, e) => new NewLoad(f.Text("at"), f.Number("kw", 0, 100_000), Choice(f, "customers", CustomerClass.Industrial, e)),
        ["coolingEfficiency"] = static (f, _) => new CoolingEfficiency(f.Number("ratio", 0.3, 1.5)),
        ["outage"] = static (f, e) => Between(f, e, 24, static (f, from, to) => new Outage(f.Text("element"), from, to)),
        ["switchLine"] = static (f, _) => new SwitchLine(f.Text("line"), Flag(f, "closed", null)),
        ["reinforce"] = static (f, _) => new Reinforce(f.Text("element"), f.Number("factor", 1, 10)),
        ["headVoltage"] = static (f, _) => new HeadVoltage(f.Number("pu", 0.9, 1.1)) { Feeder = Optional(f, "feeder") },
        ["shiftLoad"] = static (f, e) => Between(f, e, 22, static (f, from, to) => new ShiftLoad(f.Number("percent", 0, 50), from, to) { Rebound = f.Number("rebound", 0, 1, 1) }),
    };

    /// <exception cref="InputException">Something in it is wrong.</exception>
    public static Scenario Read(string file, byte[] bytes)
    {
        var errors = new CityErrors();
        var scenario = PlacedJson.Parse(file, bytes, errors) is { } json ? Read(json, errors) : null;
        return errors.Any || scenario is null ? throw new InputException(errors.ToString()) : scenario;
    }

    private static Scenario Read(PlacedJson json, CityErrors errors)
    {
        var fields = new Fields(json, errors);
        var scenario = new Scenario(fields.Text("name"), fields.Text("city"))
        {
            At = Parsed<DateTimeOffset>(fields, "at", errors, "an instant with its offset, such as 2026-11-26T14:00:00+07:00", static (string text, out DateTimeOffset at) =>
                DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ssZ", "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mmZ"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out at)),
            From = Parsed<DateOnly>(fields, "from", errors, "a day, such as 2027-04-01", static (string text, out DateOnly day) => DateOnly.TryParseExact(text, "yyyy-MM-dd", out day)),
            Days = Whole(fields, "days", 1, Scenario.DaysMax, 1, errors),
            Futures = Whole(fields, "futures", 1, Scenario.FuturesMax, 100, errors),
            Seed = Whole(fields, "seed", 0, int.MaxValue, 1, errors),
            Levers = [.. fields.List("levers").Select(lever => ReadLever(lever, errors)).OfType<Lever>()],
            Screens = [.. fields.List("screen").Select(screen => Choice<Screen>(screen, errors)).OfType<Screen>().Distinct()],
        };
        fields.RefuseUnknown("note");
        return scenario;
    }

    private static Lever? ReadLever(PlacedJson json, CityErrors errors)
    {
        var fields = new Fields(json, errors);
        if (json.Kind != JsonValueKind.Object) return null;
        var kind = fields.Text("kind");
        if (!Levers.TryGetValue(kind, out var make))
        {
            if (kind.Length > 0) errors.Add(fields.Find("kind")!, $"there is no lever '{kind}'{Nearest.Suggest(kind, Levers.Keys)}; levers are {string.Join(", ", Levers.Keys.Order(StringComparer.Ordinal))}");
            return null;
        }
        var lever = make(fields, errors);
        fields.RefuseUnknown("note");
        return lever;
    }

    private static ChargingStrategy Charging(Fields fields, CityErrors errors) => Choice(fields, "charging", ChargingStrategy.Evening, errors);

    private static T Choice<T>(Fields fields, string name, T otherwise, CityErrors errors)
        where T : struct, Enum
    {
        return fields.Find(name) is { } value ? Choice<T>(value, errors) ?? otherwise : otherwise;
    }

    private static T? Choice<T>(PlacedJson value, CityErrors errors)
        where T : struct, Enum
    {
        var known = Enum.GetValues<T>().ToDictionary(static choice => JsonNamingPolicy.CamelCase.ConvertName(choice.ToString()), StringComparer.Ordinal);
        if (known.TryGetValue(value.Text, out var choice)) return choice;
        errors.Add(value, $"'{value.Text}' is none of {string.Join(", ", known.Keys)}");
        return null;
    }

    private static Lever Between(Fields fields, CityErrors errors, double latest, Func<Fields, double, double, Lever> make)
    {
        var (from, to) = (fields.Number("fromHour", 0, 24), fields.Number("toHour", 0, latest));
        if (to <= from && fields.Find("toHour") is { } value) errors.Add(value, "must be later than fromHour; a night that passes midnight is two levers");
        return make(fields, from, to);
    }

    private static bool Flag(Fields fields, string name, bool? otherwise)
    {
        var value = fields.Find(name);
        if (value is null && otherwise is { } known) return known;
        // Said as for a text that is missing.
        if (value is null) return fields.Text(name).Length > 0;
        return value.Kind == JsonValueKind.True;
    }

    private static string? Optional(Fields fields, string name) => fields.Find(name) is null ? null : fields.Text(name);

    private static int Whole(Fields fields, string name, int min, int max, int otherwise, CityErrors errors)
    {
        var number = fields.Number(name, min, max, otherwise);
        if (number != Math.Floor(number) && fields.Find(name) is { } value) errors.Add(value, "must be a whole number");
        return number >= min && number <= max ? (int)number : otherwise;
    }

    private delegate bool Parser<T>(string text, out T value);

    private static T? Parsed<T>(Fields fields, string name, CityErrors errors, string what, Parser<T> parse)
        where T : struct
    {
        if (fields.Find(name) is not { } value) return null;
        if (value.Kind == JsonValueKind.String && parse(value.Text, out var parsed)) return parsed;
        errors.Add(value, $"'{value.Text}' is not {what}");
        return null;
    }
}
