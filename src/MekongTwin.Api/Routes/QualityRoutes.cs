using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Serialization;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Readings;
using MekongTwin.History.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api.Routes;

/// <summary>One thing that is wrong with a point.</summary>
public sealed record FindingView(
    [property: Description("gap, stuck, spike, outOfRange, clock, late, burst, disorder, duplicate, drift or gateway")] string Kind,
    string From, string To,
    [property: Description("Readings; for gaps and gateways the silences, for drifts quarters of an hour. Of a clock that quarantine tells of, all that it holds of the kind")] int Count,
    [property: Description("The longest gap or delay, the clock's offset (ahead is positive), the stuck or farthest value, the farthest drift")] double? Worst,
    string? Unit);

/// <summary>A point's day.</summary>
public sealed record PointQualityView(
    string Asset, string Name, string Kind, string Metric, string Unit,
    [property: Description("Where the account begins: the day, or the first reading of a point that was not heard in the week before")] string? From,
    [property: Description("Where it ends: now or the day's end, or the newest reading of a point that is read out later; absent while nothing can be expected of it yet")] string? To,
    [property: Description("Share of the account that readings cover, 0 to 1; null for events, and where there is nothing to cover"), JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? Completeness,
    int Received,
    [property: Description("Readings that the point's own habit lets expect; null where it has shown none")] int? Expected,
    [property: Description("False where the day holds too many readings to go through, or its readings are gone because the city keeps them for a time only")] bool Checked,
    IReadOnlyList<FindingView> Findings);

/// <summary>The day of an asset's points.</summary>
public sealed record AssetQuality(
    string Id, string Day, string AsOf,
    [property: Description("Since when it is recorded how readings come in; absent before the first")] string? ArrivalsSince,
    [property: Description("Kinds of findings that are not looked for in this edition")] IReadOnlyList<string> NotAvailable,
    IReadOnlyList<PointQualityView> Points,
    [property: Description("What to do about each kind of finding here")] IReadOnlyDictionary<string, string> Advice);

/// <summary>The sensors of a kind: assets with points of their own.</summary>
public sealed record KindQuality(
    string Kind, int Sensors,
    [property: Description("Sensors looked at so far")] int Checked,
    [property: Description("Sensors of which readings can be expected: heard in the week before or on the day")] int Heard,
    [property: Description("Of these, sensors with at least 90 % of each point's day covered")] int Complete,
    [property: Description("Mean completeness of these sensors' points, 0 to 1")] double? Completeness,
    long Received, long Expected,
    [property: Description("Sensors with a finding, by its kind")] IReadOnlyDictionary<string, int> Findings);

/// <summary>The sensors of a kind below one parent, which usually share a gateway: a substation's feeders, a feeder's transformers, a zone's detectors.</summary>
public sealed record GroupQuality(
    string Parent, string Name, string Kind, int Sensors, int Heard, double? Completeness,
    [property: Description("Sensors with a finding, by its kind")] IReadOnlyDictionary<string, int> Findings,
    [property: Description("Stretches in which all of them were silent together")] IReadOnlyList<FindingView> Silences);

/// <summary>The data quality of a city's day.</summary>
public sealed record CityQualityView(
    string City, string Day,
    [property: Description("The oldest look among the points: what is shown is not older")] string AsOf,
    [property: Description("Since when it is recorded how readings come in; absent before the first")] string? ArrivalsSince,
    [property: Description("Kinds of findings that are not looked for in this edition")] IReadOnlyList<string> NotAvailable,
    [property: Description("Points looked at so far, of all: ask again while there are fewer")] int Checked, int Points,
    IReadOnlyList<KindQuality> Kinds,
    [property: Description("Where all were silent together first, then the least complete; only those with findings, at most as many as limit")] IReadOnlyList<GroupQuality> Groups,
    [property: Description("Points with the finding asked for, or with any")] int Found,
    [property: Description("Of these, those with the most kinds of findings, then the least complete; those silent all day come last. At most as many as limit")] IReadOnlyList<PointQualityView> Worst,
    [property: Description("What to do about each kind of finding here")] IReadOnlyDictionary<string, string> Advice);

internal static class QualityRoutes
{
    /// <summary>Points and groups listed unless asked for more, and at most.</summary>
    private const int Limit = 50;
    private const int LimitMax = 1000;

    /// <summary>From here on a day counts as complete: the data capture that Directive 2008/50/EC asks of measurements (Annex I).</summary>
    private const double CompleteFrom = 0.9;

    public static void MapQuality(this IEndpointRouteBuilder routes, ITwinServices services)
    {
        var cities = new CityQuality(services);
        var clocks = new WrongClocks(services);
        routes.MapGet("/assets/{id}/quality", (string id, string? day, HttpContext context, CancellationToken ct) =>
            OfAssetAsync(services, clocks, Arguments.PathPart(context, "/assets/", id), day, ct))
            .ProducesProblem(404).WithSummary("Completeness and findings of an asset's points on a day (YYYY-MM-DD) of the city's zone, today unless asked");
        routes.MapGet("/cities/{city}/quality", (string city, string? day, string? kind, string? finding, [Range(1, LimitMax)] int? limit, CancellationToken ct) =>
            OfCityAsync(services, cities, clocks, city, day, kind, finding, limit ?? Limit, ct))
            .ProducesProblem(404).WithSummary("Data quality of a city's day: completeness and findings by kind of asset, the worst groups and points, of one kind of asset or with one kind of finding where asked. Looked at for 2 s an ask, kept for a minute");
    }

    private static async Task<Results<Ok<AssetQuality>, ProblemHttpResult>> OfAssetAsync(ITwinServices services, WrongClocks clocks, string id, string? dayText, CancellationToken ct)
    {
        var model = services.Model;
        if (model.FindAsset(id) is not { } asset) return Problems.NotFound($"No asset '{id}'. Ids are paths, with / written as %2F.", model.Assets.Select(known => known.Id.Path), id.Split('/')[^1]);
        var calendar = model.CityOf(asset.Number).MakeCalendar();
        if (!TryReadDay(services, calendar, dayText, out var day)) return NoDay(dayText);
        var kinds = await clocks.ReadAsync(ct);
        var own = model.PointsOf(asset.Number);
        var drifts = own.IsEmpty ? null : await SensorGroup.Around(model, asset).FindDriftsAsync(services, day, ct);
        var points = new List<PointQualityView>();
        foreach (var number in own)
        {
            var point = model.Points[number];
            var quality = await PointDay.LookAsync(services, point, day, ct);
            var findings = FindingsOf(services, point, quality, kinds, day);
            points.Add(Show(model, point, quality, drifts!.TryGetValue(number, out var drift) ? [.. findings, drift] : findings, calendar.Zone));
        }
        return TypedResults.Ok(new AssetQuality(id, DayName(day, calendar), Instant.ToText(day.AsOfUs, calendar.Zone), Since(services, calendar), NotAvailable(services), points, AdviceOn(points.SelectMany(point => point.Findings))));
    }

    private static async Task<Results<Ok<CityQualityView>, ProblemHttpResult>> OfCityAsync(
        ITwinServices services, CityQuality cities, WrongClocks clocks, string cityId, string? dayText, string? kindText, string? findingText, int limit, CancellationToken ct)
    {
        if (services.Model.FindCity(cityId) is not { } city) return Problems.NoCity(services.Model, cityId);
        var calendar = city.MakeCalendar();
        if (!TryReadDay(services, calendar, dayText, out var day)) return NoDay(dayText);
        if (!TryRead<AssetKind>(kindText, out var kind)) return NoneOf<AssetKind>("kind", kindText!);
        if (!TryRead<FindingKind>(findingText, out var finding)) return NoneOf<FindingKind>("finding", findingText!);
        var kept = await cities.ReadAsync(city, day, ct);
        var model = kept.Model;
        var clockKinds = await clocks.ReadAsync(ct);
        var groups = kept.Groups.Select((group, i) => Look(services, group, kept.Found[i], clockKinds, day)).ToList();
        var kinds = groups.GroupBy(group => group.Group.Kind).OrderBy(of => of.Key).Select(of => OfKind(of.Key, [.. of])).ToList();
        var asked = groups.Where(group => kind is null || group.Group.Kind == kind).ToList();
        var worstGroups = asked.Select(group => (group.Silences, View: OfGroup(group, calendar.Zone)))
            .Where(group => finding is { } wanted ? group.View.Findings.ContainsKey(Figures.Name(wanted)) || (wanted == FindingKind.Gateway && group.Silences.Count > 0) : group.View.Findings.Count + group.Silences.Count > 0)
            .OrderByDescending(group => group.Silences.Count > 0).ThenBy(group => group.View.Completeness ?? 1).ThenBy(group => group.View.Parent, StringComparer.Ordinal).Select(group => group.View).Take(limit).ToList();
        var found = asked.SelectMany(group => group.Points).Where(point => point.Findings.Any(one => finding is null || one.Kind == finding)).ToList();
        var worst = found.OrderByDescending(point => point.Findings.DistinctBy(one => one.Kind).Count())
            .ThenBy(point => point.Quality is { Received: 0 }).ThenBy(point => point.Quality?.Completeness ?? 1).ThenBy(point => model.Assets[point.Point.Asset].Id.Path, StringComparer.Ordinal)
            .Take(limit).Select(point => Show(model, point.Point, point.Quality, point.Findings, calendar.Zone)).ToList();
        var oldest = kept.Found.OfType<CityQuality.Found>().Select(looked => looked.AsOfUs).DefaultIfEmpty(day.AsOfUs).Min();
        var looked = groups.Where(group => group.IsLooked).Sum(group => group.Points.Count);
        return TypedResults.Ok(new CityQualityView(city.Id, DayName(day, calendar), Instant.ToText(oldest, calendar.Zone), Since(services, calendar), NotAvailable(services), looked, groups.Sum(group => group.Points.Count),
            kinds, worstGroups, found.Count, worst, AdviceOn([.. worst.SelectMany(point => point.Findings), .. worstGroups.SelectMany(group => group.Silences)])));
    }

    /// <summary>A point with everything that is known of its day; not looked at yet, only how its readings came in.</summary>
    private readonly record struct LookedPoint(Point Point, PointQuality? Quality, IReadOnlyList<Finding> Findings)
    {
        /// <summary>True where readings can be expected.</summary>
        public bool IsHeard => Quality is { } quality && (quality.ToUs > quality.FromUs || quality.Received > 0);
    }

    private sealed record LookedGroup(SensorGroup Group, bool IsLooked, IReadOnlyList<LookedPoint> Points, IReadOnlyList<Finding> Silences);

    private static LookedGroup Look(ITwinServices services, SensorGroup group, CityQuality.Found? found, ILookup<int, QuarantineGroup> clocks, CityDay day) => new(
        group, found is not null,
        [.. group.Points.Select((point, i) => new LookedPoint(point, found?.Points[i], FindingsOf(services, point, found?.Points[i], clocks, day)))],
        found?.Silences ?? []);

    private static KindQuality OfKind(AssetKind kind, IReadOnlyList<LookedGroup> groups)
    {
        var sensors = groups.SelectMany(group => group.Points).GroupBy(point => point.Point.Asset).ToList();
        var looked = groups.Where(group => group.IsLooked).Sum(group => group.Points.DistinctBy(point => point.Point.Asset).Count());
        var heard = sensors.Where(sensor => sensor.Any(point => point.IsHeard)).ToList();
        return new(Figures.Name(kind), sensors.Count, looked, heard.Count, heard.Count(sensor => sensor.All(point => point.Quality?.Completeness is not < CompleteFrom)), MeanOf(heard),
            sensors.Sum(sensor => sensor.Sum(point => (long)(point.Quality?.Received ?? 0))), sensors.Sum(sensor => sensor.Sum(point => (long)(point.Quality?.Expected ?? 0))), Count(sensors));
    }

    private static GroupQuality OfGroup(LookedGroup group, TimeZoneInfo zone)
    {
        var sensors = group.Points.GroupBy(point => point.Point.Asset).ToList();
        var heard = sensors.Where(sensor => sensor.Any(point => point.IsHeard)).ToList();
        return new(group.Group.Parent.Id.Path, group.Group.Parent.Name, Figures.Name(group.Group.Kind), sensors.Count, heard.Count, MeanOf(heard), Count(sensors), [.. group.Silences.Select(silence => Show(silence, null, zone))]);
    }

    private static double? MeanOf(IEnumerable<IGrouping<int, LookedPoint>> sensors)
    {
        var shares = sensors.SelectMany(sensor => sensor).Select(point => point.Quality?.Completeness).OfType<double>().ToList();
        return shares.Count == 0 ? null : Math.Round(shares.Average(), 4);
    }

    /// <summary>Sensors with a finding, by its kind.</summary>
    private static Dictionary<string, int> Count(IEnumerable<IGrouping<int, LookedPoint>> sensors) => sensors
        .SelectMany(sensor => sensor.SelectMany(point => point.Findings).Select(finding => finding.Kind).Distinct()).CountBy(found => found).OrderBy(pair => pair.Key)
        .ToDictionary(pair => Figures.Name(pair.Key), pair => pair.Value);

    private static List<Finding> FindingsOf(ITwinServices services, Point point, PointQuality? quality, ILookup<int, QuarantineGroup> clocks, CityDay day) =>
        [.. quality?.Findings ?? [], .. services.Arrivals?.Of(point.Number, day.FromUs) ?? [], .. WrongClocks.On(clocks[point.Number], day.FromUs, day.EndUs)];

    private static PointQualityView Show(Model model, Point point, PointQuality? quality, IReadOnlyList<Finding> findings, TimeZoneInfo zone)
    {
        var asset = model.Assets[point.Asset];
        var isEmpty = quality is null || quality.ToUs == quality.FromUs;
        return new(asset.Id.Path, asset.Name, Figures.Name(asset.Kind), point.Metric, point.Unit.Code, isEmpty ? null : Instant.ToText(quality!.FromUs, zone), isEmpty ? null : Instant.ToText(quality!.ToUs, zone),
            quality?.Completeness is { } share ? Math.Round(share, 4) : null, quality?.Received ?? 0, quality?.Expected, quality is not null, [.. findings.Select(finding => Show(finding, point, zone))]);
    }

    private static FindingView Show(Finding finding, Point? point, TimeZoneInfo zone) => new(
        Figures.Name(finding.Kind), Instant.ToText(finding.FromUs, zone), Instant.ToText(finding.ToUs, zone), finding.Count,
        finding.Worst is { } worst ? Math.Round(worst, 3) : null, finding.Worst is null ? null : finding.IsTime ? "s" : finding.Kind == FindingKind.Drift ? "%" : point?.Unit.Code);

    private static Dictionary<string, string> AdviceOn(IEnumerable<FindingView> findings)
    {
        var kinds = findings.Select(finding => finding.Kind).ToHashSet();
        return Enum.GetValues<FindingKind>().Where(kind => kinds.Contains(Figures.Name(kind))).ToDictionary(kind => Figures.Name(kind), Advice);
    }

    /// <summary>What an operator does about it.</summary>
    private static string Advice(FindingKind kind) => kind switch
    {
        FindingKind.Gap => "Nothing came: look at the device's power and line. What it kept can still be sent and fills the gap.",
        FindingKind.Stuck => "The value stands still: have the sensor looked at, and do not use its values of this time.",
        FindingKind.Spike => "Single values leave the curve: look for disturbances on the line or loose contacts.",
        FindingKind.OutOfRange => "Stored as bad and used nowhere: check the unit and scale that the device sends, or the point's limits in points.json.",
        FindingKind.Clock => "Set the device's clock and its time zone (UTC, or an offset in every time). Readings dated in the future wait in quarantine.",
        FindingKind.Late => "The line is slow or the device sends too seldom: figures of the time were made without these readings and have been made again.",
        FindingKind.Burst => "The line was cut and is back; nothing is lost. If it happens often, look at the network there.",
        FindingKind.Disorder => "Harmless for figures: the sender or broker does not keep the order. Look at its retries and number of connections.",
        FindingKind.Duplicate => "Harmless, counted once: the sender repeats itself, or two ways lead here. Look at its retries and bridges.",
        FindingKind.Drift => "Neighbours say otherwise: have the sensor calibrated, and treat its values since then with care.",
        FindingKind.Gateway => "Everything behind it was silent together: look at the gateway, its power and its line before any single device.",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string? Since(ITwinServices services, CityCalendar calendar) => services.Arrivals?.SinceUs is { } since ? Instant.ToText(since, calendar.Zone) : null;

    /// <summary>What only a record of how readings come in can tell.</summary>
    private static IReadOnlyList<string> NotAvailable(ITwinServices services) =>
        services.Arrivals is null ? [.. Arrivals.Kinds.Where(kind => kind != FindingKind.Clock).Select(Figures.Name)] : [];

    private static string DayName(CityDay day, CityCalendar calendar) => Instant.ToText(day.FromUs, calendar.Zone)[..10];

    /// <summary>The day asked for, today unless said; false for what is none, has not begun or lies before 2010.</summary>
    private static bool TryReadDay(ITwinServices services, CityCalendar calendar, string? text, out CityDay day)
    {
        var now = Instant.From(services.Clock.GetUtcNow());
        day = CityDay.Of(calendar, now, now);
        if (text is null) return true;
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) || date.Year < 2010) return false;
        var noon = date.ToDateTime(new TimeOnly(12, 0));
        day = CityDay.Of(calendar, Instant.From(new DateTimeOffset(noon, calendar.Zone.GetUtcOffset(noon))), now);
        return day.FromUs <= now;
    }

    private static bool TryRead<T>(string? text, out T? value)
        where T : struct, Enum
    {
        value = Enum.GetValues<T>().Where(known => Figures.Name(known).Equals(text, StringComparison.OrdinalIgnoreCase)).Select(known => (T?)known).FirstOrDefault();
        return text is null || value is not null;
    }

    private static ProblemHttpResult NoneOf<T>(string name, string text)
        where T : struct, Enum => Problems.BadRequest($"{name} '{text}' is none of {string.Join(", ", Enum.GetValues<T>().Select(Figures.Name))}.");

    private static ProblemHttpResult NoDay(string? text) => Problems.BadRequest($"day '{text}' is not a day from 2010 to today; write it as 2026-11-21.");
}
