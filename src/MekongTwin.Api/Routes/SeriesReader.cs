using System.ComponentModel;
using System.Text;
using System.Text.Json.Serialization;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Units;
using MekongTwin.History.Store;
using MekongTwin.Ingest.Payloads;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace MekongTwin.Api.Routes;

/// <summary>One step of a series.</summary>
public sealed record StepView(
    [property: Description("Where the step begins; the time of a raw reading")] string T,
    [property: Description("The value, of the kind that the series means; null where nothing was measured"), JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? V,
    [property: Description("Means only: the lowest value that stood in the step, the one held into it included; for totals, the lowest of the step's 15-minute means, which at PT15M is v itself")] double? Min,
    [property: Description("Means only: the highest value that stood in the step, the one held into it included; for totals, the highest of the step's 15-minute means, which at PT15M is v itself")] double? Max,
    [property: Description("Readings in the step; for totals, the meters or detectors that reported")] int? N,
    [property: Description("Measured share of the step, 0 to 1: time between readings no further apart than the point's hold time")] double? Coverage,
    [property: Description("Quality of a raw reading")] string? Q);

/// <summary>A metric over time.</summary>
public sealed record SeriesView(
    string Id, string Metric, string Unit, string Step,
    [property: Description("What a step's v is: mean (of a gauge, by time), growth (of a register, or an amount that came together), count (of events), reading (step raw)")] string Means,
    IReadOnlyList<StepView> Points, bool Downsampled)
{
    [Description("Of a district: the division of the city that its figures are of")]
    public GeographyView? Geography { get; init; }

    [Description("Of steps that are made of readings (raw, PT1M) where the range begins earlier: readings before this are gone, because the city keeps them for a time only. Steps of PT15M and longer stay")]
    public string? ReadingsFrom { get; init; }
}

internal static class SeriesReader
{
    /// <summary>Points in an answer unless more are asked for.</summary>
    private const int PointsDefault = 2000;

    public const int PointsMax = 100_000;

    /// <summary>Fewer points than these show no line.</summary>
    public const int PointsMin = 3;

    /// <summary>Most readings gone through for one answer.</summary>
    private const long ReadingsMax = 2_000_000;

    /// <summary>Most steps computed for one answer: a longer range needs a longer step.</summary>
    private const int StepsMax = 400_000;

    private const string NoTime = "is not a time from 1970 to 2200; write it as 2026-11-21T17:00:00+07:00.";

    // Nothing is measured outside these years, and every sum of times inside them fits.
    private static readonly long EarliestUs = Instant.From(new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly long LatestUs = Instant.From(new DateTimeOffset(2200, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public static async Task<Results<Ok<SeriesView>, ProblemHttpResult>> ReadAsync(ITwinServices services, string id, string metric, string? fromText, string? toText, string step, int? points, CancellationToken ct)
    {
        var model = services.Model;
        if (model.FindAsset(id) is not { } asset) return Problems.NotFound($"No asset '{id}'. Ids are paths, with / written as %2F.", model.Assets.Select(known => known.Id.Path), id.Split('/')[^1]);
        var calendar = model.CityOf(asset.Number).MakeCalendar();
        var now = Instant.From(services.Clock.GetUtcNow());
        if (!TryReadTime(toText, calendar, now + 1, out var to)) return Problems.BadRequest($"to '{toText}' {NoTime}");
        if (!TryReadTime(fromText, calendar, to - Instant.Day, out var from)) return Problems.BadRequest($"from '{fromText}' {NoTime}");
        if (from >= to) return Problems.BadRequest($"from {Instant.ToText(from, calendar.Zone)} does not lie before to {Instant.ToText(to, calendar.Zone)}.");
        var length = step switch { "raw" => 0, "PT1M" => Instant.Minute, "PT15M" => Instant.Quarter, "PT1H" => Instant.Hour, "P1D" => Instant.Day, _ => -1 };
        if (length < 0) return Problems.BadRequest($"step '{step}' is none of raw, PT1M, PT15M, PT1H, P1D.");
        if (length > 0 && (to - from) / length > StepsMax) return Problems.BadRequest($"from, to and step ask for {(to - from) / length} steps, of at most {StepsMax}: ask for a shorter range or a longer step.");
        var limit = points ?? PointsDefault;
        if (model.FindPoint(asset.Number, metric) is { } point)
        {
            if (await OfPointAsync(services.Queries, point, calendar, from, to, length, ct) is not var (measured, qualities))
                return Problems.BadRequest($"from and to hold more than {ReadingsMax} readings: ask for a shorter range, or for steps of PT15M and longer.");
            var ofPoint = Show(id, metric, point.Unit.Code, step, length == 0 ? "reading" : Means(point.Kind), measured, limit, calendar.Zone, qualities);
            var kept = services.Queries.ReadingsFrom(point.Number);
            return length >= Instant.Quarter || from >= kept ? ofPoint : TypedResults.Ok(ofPoint.Value! with { ReadingsFrom = Instant.ToText(kept, calendar.Zone) });
        }
        var substations = metric == SupplySeries.Metric ? Figures.SupplyPoints(model, asset) : [];
        if (!TotalSeries.Units.TryGetValue(metric, out var unit) && substations.Count == 0) return Problems.NotFound($"'{id}' has no metric '{metric}'.", model.PointsOf(asset.Number).Select(number => model.Points[number].Metric).Concat(TotalSeries.Units.Keys));
        if (length < Instant.Quarter) return Problems.BadRequest($"step '{step}': '{metric}' adds up assets in steps of 15 minutes; use PT15M, PT1H or P1D.");
        var size = SizeOf(length);
        if (substations.Count > 0)
        {
            var begin = calendar.Start(from, size);
            var measured = new List<IReadOnlyList<SeriesPoint>>();
            foreach (var substation in substations) measured.Add(PointSeries.FromWindows(await services.Queries.PointWindowsAsync(substation.Number, begin, to, ct), substation, calendar, WindowSize.Quarter, begin, to));
            return Show(id, metric, SupplySeries.Unit, step, "mean", SupplySeries.Add(measured, calendar, size, from, to), limit, calendar.Zone, null);
        }
        // Those of a district are those it had while its division of the city held.
        var at = asset.Geography is { } geography ? Math.Clamp(to - 1, geography.FromUs, geography.UntilUs - 1) : to - 1;
        var meters = model.Assets.Count(other => other.Kind == MeterKind(metric) && Boards.IsBelow(model, other, asset.Number, at));
        var windows = await services.Queries.AssetWindowsAsync(asset.Number, calendar.Start(from, size), to, TotalSeries.PartOf(metric), ct);
        var shown = Show(id, metric, unit!, step, TotalSeries.IsAmount(metric) ? "growth" : "mean", TotalSeries.FromWindows(metric, windows, meters, calendar, size, from, to), limit, calendar.Zone, null);
        return TypedResults.Ok(shown.Value! with { Geography = GeographyView.Of(asset, calendar.Zone) });
    }

    /// <summary>A point's steps, and the qualities of raw readings; null when the range holds too many readings to go through.</summary>
    private static async Task<(IReadOnlyList<SeriesPoint> Steps, Dictionary<long, Quality>? Qualities)?> OfPointAsync(ITwinQueries queries, Point point, CityCalendar calendar, long from, long to, long length, CancellationToken ct)
    {
        if (length >= Instant.Quarter)
        {
            var size = SizeOf(length);
            return (PointSeries.FromWindows(await queries.PointWindowsAsync(point.Number, calendar.Start(from, size), to, ct), point, calendar, size, from, to), null);
        }
        if (await queries.ReadingsAsync(point.Number, from, to, ReadingsMax, ct) is not { } within) return null;
        return length == 0 ? OfReadings([.. within]) : (await OfHeldAsync(queries, point, within, from, to, length, ct), null);
    }

    private static (IReadOnlyList<SeriesPoint> Steps, Dictionary<long, Quality> Qualities) OfReadings(List<Reading> readings)
    {
        var merged = PointSeries.Merge(readings);
        return ([.. merged.Select(reading => new SeriesPoint(reading.TimeUs, Figures.ValueOf(reading), null, null, 1, null))], merged.ToDictionary(reading => reading.TimeUs, reading => reading.Quality));
    }

    /// <summary>Steps from the readings of the range, with those a hold time around it: they are bounded by that time, not counted.</summary>
    private static async Task<IReadOnlyList<SeriesPoint>> OfHeldAsync(ITwinQueries queries, Point point, IReadOnlyList<Reading> within, long from, long to, long length, CancellationToken ct)
    {
        var before = await queries.ReadingsAsync(point.Number, from - point.HoldUs, from, long.MaxValue, ct) ?? [];
        var after = await queries.ReadingsAsync(point.Number, to, to + point.HoldUs, long.MaxValue, ct) ?? [];
        List<Reading> readings = [.. before, .. within, .. after];
        PointSeries.Merge(readings);
        return PointSeries.FromReadings(readings, point, from - from % length, to, length);
    }

    private static Ok<SeriesView> Show(string id, string metric, string unit, string step, string means, IReadOnlyList<SeriesPoint> points, int limit, TimeZoneInfo zone, Dictionary<long, Quality>? qualities)
    {
        var shown = Downsample.ToLimit(points, limit);
        // Readings are shown as they came; means carry the rounding of their sums in the last digits.
        var digits = qualities is null ? 4 : 6;
        return TypedResults.Ok(new SeriesView(id, metric, unit, step, means, [.. shown.Select(point => new StepView(
            Instant.ToText(point.TimeUs, zone), Rounded(point.Value, digits), Rounded(point.Min, 6), Rounded(point.Max, 6), point.Count,
            point.Coverage is { } coverage ? Math.Round(coverage, 4) : null, qualities is null ? null : Figures.Name(qualities[point.TimeUs])))], shown.Count < points.Count));
    }

    private static string Means(PointKind kind) => kind switch { PointKind.Cumulative => "growth", PointKind.Event => "count", _ => "mean" };

    private static double? Rounded(double? value, int digits) => value is { } number ? Math.Round(number, digits) : null;

    private static WindowSize SizeOf(long length) => length switch { Instant.Quarter => WindowSize.Quarter, Instant.Hour => WindowSize.Hour, _ => WindowSize.Day };

    private static AssetKind MeterKind(string metric) => metric is "demand" or "reactiveDemand" or "energy" ? AssetKind.Transformer : AssetKind.Detector;

    /// <summary>ISO 8601; without an offset it is local to the city.</summary>
    private static bool TryReadTime(string? text, CityCalendar calendar, long otherwise, out long timeUs)
    {
        timeUs = otherwise;
        if (text is null) return true;
        // A plus sign that nobody escaped arrives as a space.
        var mended = text.Length > 19 && text[^6] == ' ' ? text[..^6] + "+" + text[^5..] : text;
        if (!TimeText.TryRead(Encoding.UTF8.GetBytes(mended), out timeUs, out var local)) return false;
        if (local) timeUs -= calendar.Zone.GetUtcOffset(Instant.ToTime(timeUs).DateTime).Ticks / TimeSpan.TicksPerMicrosecond;
        return timeUs >= EarliestUs && timeUs <= LatestUs;
    }
}
