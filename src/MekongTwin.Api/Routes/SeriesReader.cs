using System.Text;
using System.Text.Json.Serialization;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Units;
using MekongTwin.Ingest.Payloads;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace MekongTwin.Api.Routes;

/// <summary>One step: time, value (null is a gap), extremes, number of readings, measured share; quality of a raw reading.</summary>
public sealed record StepView(string T, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? V, double? Min, double? Max, int? N, double? Coverage, string? Q);

/// <summary>A metric over time.</summary>
public sealed record SeriesView(string Id, string Metric, string Unit, string Step, IReadOnlyList<StepView> Points, bool Downsampled);

internal static class SeriesReader
{
    /// <summary>Points in an answer unless more are asked for.</summary>
    private const int PointsDefault = 2000;

    private const int PointsMax = 100_000;

    /// <summary>Most readings gone through for one answer.</summary>
    private const long ReadingsMax = 2_000_000;

    /// <summary>Most steps computed for one answer: a longer range needs a longer step.</summary>
    private const int StepsMax = 400_000;

    // Nothing is measured outside these years, and every sum of times inside them fits.
    private static readonly long EarliestUs = Instant.From(new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly long LatestUs = Instant.From(new DateTimeOffset(2200, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public static Task<Results<Ok<SeriesView>, ProblemHttpResult>> ReadAsync(ITwinServices services, string id, string metric, string? from, string? to, string? step, int? points, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(Read(services, id, metric, from, to, step ?? "PT15M", points));
    }

    private static Results<Ok<SeriesView>, ProblemHttpResult> Read(ITwinServices services, string id, string metric, string? fromText, string? toText, string step, int? points)
    {
        var model = services.Model;
        if (model.FindAsset(id) is not { } asset) return Problems.NotFound($"No asset '{id}'. Ids are paths, with / written as %2F.", model.Assets.Select(known => known.Id.Path), id.Split('/')[^1]);
        var calendar = model.CityOf(asset.Number).MakeCalendar();
        var now = Instant.From(services.Clock.GetUtcNow());
        if (!TryReadTime(toText, calendar, now + 1, out var to)) return Problems.BadRequest($"to '{toText}' is not a time; write it as 2026-11-21T17:00:00+07:00.");
        if (!TryReadTime(fromText, calendar, to - Instant.Day, out var from)) return Problems.BadRequest($"from '{fromText}' is not a time; write it as 2026-11-21T17:00:00+07:00.");
        if (from >= to) return Problems.BadRequest("from must lie before to.");
        var length = step switch { "raw" => 0, "PT1M" => Instant.Minute, "PT15M" => Instant.Quarter, "PT1H" => Instant.Hour, "P1D" => Instant.Day, _ => -1 };
        if (length < 0) return Problems.BadRequest($"step '{step}' is none of raw, PT1M, PT15M, PT1H, P1D.");
        if (length > 0 && (to - from) / length > StepsMax) return Problems.BadRequest($"{(to - from) / length} steps: ask for a shorter range or a longer step.");
        var limit = Math.Clamp(points ?? PointsDefault, 3, PointsMax);
        if (model.FindPoint(asset.Number, metric) is { } known && length < Instant.Quarter && services.Readings.CountAtMost(known.Number, from, to) > ReadingsMax)
            return Problems.BadRequest($"More than {ReadingsMax} readings: ask for a shorter range, or for steps of PT15M and longer.");
        if (model.FindPoint(asset.Number, metric) is { } point) return Show(id, metric, point.Unit.Code, step, OfPoint(services, point, calendar, from, to, length, out var qualities), limit, calendar.Zone, qualities);
        if (!TotalSeries.Units.TryGetValue(metric, out var unit)) return Problems.NotFound($"'{id}' has no metric '{metric}'.", model.PointsOf(asset.Number).Select(number => model.Points[number].Metric).Concat(TotalSeries.Units.Keys));
        if (length < Instant.Quarter) return Problems.BadRequest($"'{metric}' adds up the assets below in steps of 15 minutes: use PT15M, PT1H or P1D.");
        var size = SizeOf(length);
        var meters = model.Assets.Count(other => other.Kind == MeterKind(metric) && Boards.IsBelow(model, other, asset.Number));
        var windows = services.Queries.AssetWindows(asset.Number, calendar.Start(from, size), to, TotalSeries.PartOf(metric));
        return Show(id, metric, unit, step, TotalSeries.FromWindows(metric, windows, meters, calendar, size, from, to), limit, calendar.Zone, null);
    }

    private static IReadOnlyList<SeriesPoint> OfPoint(ITwinServices services, Point point, CityCalendar calendar, long from, long to, long length, out Dictionary<long, Quality>? qualities)
    {
        qualities = null;
        if (length >= Instant.Quarter)
        {
            var size = SizeOf(length);
            return PointSeries.FromWindows(services.Queries.PointWindows(point.Number, calendar.Start(from, size), to), point, calendar, size, from, to);
        }
        var readings = new List<Reading>();
        services.Readings.TryRead(point.Number, from - point.HoldUs, to + point.HoldUs, readings);
        var merged = PointSeries.Merge(readings);
        if (length > 0) return PointSeries.FromReadings(readings, point, from - from % length, to, length);
        var raw = merged.Where(reading => reading.TimeUs >= from && reading.TimeUs < to).ToList();
        qualities = raw.ToDictionary(reading => reading.TimeUs, reading => reading.Quality);
        return [.. raw.Select(reading => new SeriesPoint(reading.TimeUs, FixedPoint.ToDouble(reading.Value), null, null, 1, null))];
    }

    private static Ok<SeriesView> Show(string id, string metric, string unit, string step, IReadOnlyList<SeriesPoint> points, int limit, TimeZoneInfo zone, Dictionary<long, Quality>? qualities)
    {
        var shown = Downsample.ToLimit(points, limit);
        // Readings are shown as they came; means carry the rounding of their sums in the last digits.
        var digits = qualities is null ? 4 : 6;
        return TypedResults.Ok(new SeriesView(id, metric, unit, step, [.. shown.Select(point => new StepView(
            Instant.ToText(point.TimeUs, zone), Rounded(point.Value, digits), Rounded(point.Min, 6), Rounded(point.Max, 6), point.Count,
            point.Coverage is { } coverage ? Math.Round(coverage, 4) : null, qualities is null ? null : Figures.Name(qualities[point.TimeUs])))], shown.Count < points.Count));
    }

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
        timeUs = Math.Clamp(timeUs, EarliestUs, LatestUs);
        return true;
    }
}
