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
        ["heatWave"] = static (f, e) => new HeatWave(Figure(f, e, "deltaC", -10, 10)),
        ["electricMotorbikes"] = static (f, e) => new ElectricMotorbikes(Figure(f, e, "share", 0, 1), Charging(f, e))
        {
            BikesPerPerson = Figure(f, e, "bikesPerPerson", 0, 2, 0.7), KmPerDay = Figure(f, e, "kmPerDay", 0, 200, 20), KwhPerKm = Figure(f, e, "kwhPerKm", 0.005, 0.2, 0.035),
        },
        ["electricCars"] = static (f, e) => new ElectricCars(Figure(f, e, "share", 0, 1), Charging(f, e))
        {
            PeoplePerHousehold = Figure(f, e, "peoplePerHousehold", 1, 10, 3.5), KmPerDay = Figure(f, e, "kmPerDay", 0, 500, 35), KwhPerKm = Figure(f, e, "kwhPerKm", 0.05, 1, 0.17),
        },
        ["rooftopPv"] = static (f, e) => new MorePv(Figure(f, e, "mwp", 0, 10_000)) { Exports = Exports(f, e) },
        ["growth"] = static (f, e) => new Growth(Figure(f, e, "percent", -50, 200, 0), Figure(f, e, "percentPerYear", -20, 50, 0)) { Below = Optional(f, "below") },
        ["newLoad"] = static (f, e) => new NewLoad(f.Text("at"), Figure(f, e, "kw", 0, 100_000), Choice(f, "customers", CustomerClass.Industrial, e)) { Kva = f.OptionalNumber("kva", 10, 100_000) },
        ["coolingEfficiency"] = static (f, e) => new CoolingEfficiency(Figure(f, e, "ratio", 0.3, 1.5)),
        ["shiftLoad"] = ReadShift,
        ["tariffHours"] = static (f, e) => new TariffShift(Figure(f, e, "percent", 0, 50)),
        ["battery"] = ReadBattery,
        ["outage"] = ReadOutage,
        ["switchLine"] = static (f, _) => new SwitchLine(f.Text("line"), Flag(f, "closed")),
        ["feederTransfer"] = static (f, _) => new FeederTransfer(f.Text("close"), f.Text("open")),
        ["newFeeder"] = static (f, _) => new NewFeeder(f.Text("at"), f.Number("lengthKm", 0.01, 50)) { Conductor = Optional(f, "conductor") },
        ["reinforce"] = static (f, _) => new Reinforce(f.Text("element"), f.Number("factor", 1, 10)),
        ["headVoltage"] = static (f, _) => new HeadVoltage(f.Number("pu", 0.9, 1.1)) { Feeder = Optional(f, "feeder") },
        ["transformerTap"] = static (f, _) => new TransformerTap(f.Number("raisePercent", -5, 5)) { Below = Optional(f, "below") },
        ["capacitor"] = static (f, _) => new Capacitor(f.Text("at"), f.Number("kvar", 0, 20_000)),
    };

    private const int NameMax = 200;
    private const int LeversMax = 1000;
    private const int FirstYear = 2000;
    private const int LastYear = 2200;

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
                DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFZ", "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mmZ"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out at)),
            From = Parsed<DateOnly>(fields, "from", errors, "a day, such as 2027-04-01", static (string text, out DateOnly day) => DateOnly.TryParseExact(text, "yyyy-MM-dd", out day)),
            Days = Whole(fields, "days", 1, Scenario.DaysMax, 1, errors),
            Futures = Whole(fields, "futures", 1, Scenario.FuturesMax, 100, errors),
            Seed = Whole(fields, "seed", 0, int.MaxValue, 1, errors),
            Levers = [.. fields.List("levers").Select(lever => ReadLever(lever, errors)).OfType<Lever>()],
            Screens = [.. fields.List("screen").Select(screen => Choice<Screen>(screen, errors)).OfType<Screen>().Distinct()],
        };
        fields.RefuseUnknown("note");
        if (scenario.Name.Length > NameMax) errors.Add(json.Members["name"], $"has {scenario.Name.Length} letters; at most {NameMax}");
        if (scenario.At is { Year: < FirstYear }) errors.Add(json.Members["at"], $"lies before {FirstYear}");
        if (scenario.From is { Year: < FirstYear or > LastYear }) errors.Add(json.Members["from"], $"lies outside {FirstYear} to {LastYear}");
        if (scenario.Levers.Length > LeversMax) errors.Add(json.Members["levers"], $"has {scenario.Levers.Length} levers; at most {LeversMax}");
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

    private static ShiftLoad ReadShift(Fields fields, CityErrors errors)
    {
        var (from, to) = Hours(fields, errors, "fromHour", "toHour", 22);
        return new(Figure(fields, errors, "percent", 0, 50), from, to) { Rebound = Figure(fields, errors, "rebound", 0, 1, 1) };
    }

    private static Outage ReadOutage(Fields fields, CityErrors errors)
    {
        var (from, to) = Hours(fields, errors, "fromHour", "toHour", 24);
        return new(fields.Text("element"), from, to);
    }

    private static BatteryStorage ReadBattery(Fields fields, CityErrors errors)
    {
        var (from, to) = Hours(fields, errors, "fromHour", "toHour", 24, (18, 22));
        var (chargeFrom, chargeTo) = Hours(fields, errors, "chargeFromHour", "chargeToHour", 24, (10, 14));
        return new(fields.Text("at"), fields.Number("kwh", 0, 1_000_000), fields.Number("kw", 0, 1_000_000))
        {
            RoundTrip = fields.Number("roundTrip", 0.5, 1, 0.9), Schedule = Choice(fields, "schedule", BatterySchedule.PeakShaving, errors),
            FromHour = from, ToHour = to, ChargeFromHour = chargeFrom, ChargeToHour = chargeTo,
        };
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

    /// <summary>A number, or <c>{"low", "likely", "high"}</c> in that order, each within the bounds.</summary>
    private static Estimate Figure(Fields fields, CityErrors errors, string name, double min, double max, double? otherwise = null)
    {
        if (fields.Find(name) is not { Kind: JsonValueKind.Object } value) return fields.Number(name, min, max, otherwise);
        var parts = new Fields(value, errors);
        var estimate = new Estimate(parts.Number("low", min, max), parts.Number("likely", min, max), parts.Number("high", min, max));
        parts.RefuseUnknown();
        if (!(estimate.Low <= estimate.Likely && estimate.Likely <= estimate.High)) errors.Add(value, "'low' must be at most 'likely', and that at most 'high'");
        return estimate;
    }

    /// <summary>free, zero, or kW; true and false are older words for the first two.</summary>
    private static ExportLimit Exports(Fields fields, CityErrors errors)
    {
        const double MostKw = 100_000;
        switch (fields.Find("exports"))
        {
            case null or { Kind: JsonValueKind.True } or { Kind: JsonValueKind.String, Text: "free" }:
                return ExportLimit.Free;
            case { Kind: JsonValueKind.False } or { Kind: JsonValueKind.String, Text: "zero" }:
                return ExportLimit.Zero;
            case { Kind: JsonValueKind.Number }:
                return new(fields.Number("exports", 0, MostKw));
            case { } value:
                errors.Add(value, "must be \"free\", \"zero\" or the kW that each transformer may feed back");
                return ExportLimit.Free;
        }
    }

    /// <summary>Two hours of the clock, the second later than the first.</summary>
    private static (double From, double To) Hours(Fields fields, CityErrors errors, string fromName, string toName, double latest, (double From, double To)? otherwise = null)
    {
        var (from, to) = (fields.Number(fromName, 0, 24, otherwise?.From), fields.Number(toName, 0, latest, otherwise?.To));
        if (to > from) return (from, to);
        if (fields.Find(toName) is { } end) errors.Add(end, $"must be later than {fromName}; a night that passes midnight is two levers");
        else if (fields.Find(fromName) is { } start) errors.Add(start, FormattableString.Invariant($"must be earlier than {toName}, which is {to} when it is left out"));
        return (from, to);
    }

    private static bool Flag(Fields fields, string name)
    {
        // Said as for a text that is missing.
        if (fields.Find(name) is not { } value) return fields.Text(name).Length > 0;
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
