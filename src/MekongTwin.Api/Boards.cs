using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Api;

/// <summary>How many assets of a kind are how fresh.</summary>
public sealed record FreshnessCount(string Kind, int Fresh, int Late, int Silent, int Never);

/// <summary>Meters below an asset.</summary>
public sealed record MeterCount(int Reporting, int Total);

/// <summary>A district on its city's board; <c>Geography</c> is the division of the city that its figures are of.</summary>
public sealed record DistrictBoard(string Id, string Name, string Geography, int Population, double AreaKm2, IReadOnlyDictionary<string, Figure> Figures, MeterCount Meters);

/// <summary>A city as an operator sees it; <c>LastReading</c> is the time of the newest reading, <c>Mqtt</c> where devices send to.</summary>
public sealed record CityBoard(
    string Id, string Name, string Country, string Zone, string UtcOffset, string AsOf, bool Simulated, string Geography, int Population, string? LastReading, MqttDoor? Mqtt,
    IReadOnlyDictionary<string, Figure> Figures, IReadOnlyList<DistrictBoard> Districts, IReadOnlyList<FreshnessCount> Freshness);

/// <summary>
/// The cities' boards: one for everybody who looks, made again when it is older than <see cref="KeptFor"/>.
/// </summary>
public sealed class Boards(ITwinServices services)
{
    /// <summary>Age at which a board is made again.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMilliseconds(200);

    /// <summary>Sources in an event; GET /api/v1/ledger lists all.</summary>
    public const int SourcesShown = 100;

    private static readonly TimeSpan LedgerKeptFor = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SemaphoreSlim _ledgerGate = new(1, 1);
    private LedgerPage? _ledger;
    private long _ledgerMadeAt;
    private readonly Coincidence _coincidence = new(services);
    private readonly Dictionary<string, (long MadeAt, CityBoard Board)> _boards = new(StringComparer.Ordinal);

    /// <summary>The ledger as event streams show it: one for all of them, the busiest sources only.</summary>
    public async Task<LedgerPage> ReadLedgerAsync(CancellationToken ct)
    {
        await _ledgerGate.WaitAsync(ct);
        try
        {
            if (_ledger is not null && TimeProvider.System.GetElapsedTime(_ledgerMadeAt) < LedgerKeptFor) return _ledger;
            var ledger = await services.ReadLedgerAsync(ct);
            _ledger = ledger with { Sources = [.. ledger.Sources.OrderByDescending(source => source.Received).Take(SourcesShown)] };
            _ledgerMadeAt = TimeProvider.System.GetTimestamp();
            return _ledger;
        }
        finally
        {
            _ledgerGate.Release();
        }
    }

    /// <summary>The coincidence factor below any asset.</summary>
    internal Task<Figure?> ReadCoincidenceAsync(Asset asset, long nowUs, CancellationToken ct) => _coincidence.ReadAsync(services.Model, asset, nowUs, ct);

    public async Task<CityBoard?> ReadAsync(string cityId, CancellationToken ct)
    {
        if (services.Model.FindCity(cityId) is not { } city) return null;
        await _gate.WaitAsync(ct);
        try
        {
            if (_boards.TryGetValue(cityId, out var kept) && TimeProvider.System.GetElapsedTime(kept.MadeAt) < KeptFor) return kept.Board;
            var board = await MakeAsync(city, ct);
            _boards[cityId] = (TimeProvider.System.GetTimestamp(), board);
            return board;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<CityBoard> MakeAsync(City city, CancellationToken ct)
    {
        var model = services.Model;
        var calendar = city.MakeCalendar();
        var now = Instant.From(services.Clock.GetUtcNow());
        var assets = model.Assets.Where(asset => asset.Id.IsIn(city.Id)).ToList();
        var views = (await services.Twins.ViewAsync([.. assets.Select(asset => asset.Id)], ct)).ToDictionary(view => view.Asset.Number);
        var self = model.FindAsset(city.Id)!;
        var (geography, divided) = model.GeographyAt(city.Id, now);
        var districts = divided.Select(district => MakeDistrict(model, district, views, now)).ToList();
        var below = Below(model, self.Number, views, now).ToList();
        var figures = Figures.OfMany(self, below, now);
        if (Figures.Supply(views.Values.Where(view => view.Asset.Kind == AssetKind.Substation), now) is { } supply) figures["supply"] = supply;
        var today = await services.Queries.AssetWindowsAsync(self.Number, calendar.Start(now, WindowSize.Day), long.MaxValue, null, ct);
        Figures.AddToday(figures, today, Figures.CountReporting(below, now), calendar.Zone);
        if (await _coincidence.ReadAsync(model, self, now, ct) is { } factor) figures["coincidenceToday"] = factor;
        return new(city.Id, city.Name, city.Country, city.Zone, Offset(calendar.Zone, now), Instant.ToText(now, calendar.Zone), services.Simulated, geography,
            self.Population, NewestReading(views, calendar.Zone), services.Mqtt, figures, districts, CountFreshness(model, assets, views, now));
    }

    private static string? NewestReading(Dictionary<int, TwinView> views, TimeZoneInfo zone)
    {
        var times = views.Values.SelectMany(view => view.Latest).Select(latest => latest.Reading.TimeUs).DefaultIfEmpty(long.MinValue);
        return times.Max() is var newest and > long.MinValue ? Instant.ToText(newest, zone) : null;
    }

    private static DistrictBoard MakeDistrict(Model model, Asset district, Dictionary<int, TwinView> views, long now)
    {
        var below = Below(model, district.Number, views, now).ToList();
        var meters = below.Count(view => view.Asset.Kind == AssetKind.Transformer);
        var reporting = Figures.CountReporting(below, now);
        return new(district.Id.Path, district.Name, district.Geography?.Version ?? "", district.Population, district.AreaKm2, Figures.OfMany(district, below, now), new(reporting, meters));
    }

    /// <summary>Assets with points that an asset is above of in either tree now.</summary>
    private static IEnumerable<TwinView> Below(Model model, int ancestor, Dictionary<int, TwinView> views, long now) =>
        views.Values.Where(view => IsBelow(model, view.Asset, ancestor, now));

    internal static bool IsBelow(Model model, Asset asset, int ancestor, long timeUs)
    {
        for (var at = asset.AdministrativeParentAt(timeUs); at >= 0; at = model.Assets[at].AdministrativeParentAt(timeUs)) if (at == ancestor) return true;
        for (var at = asset.ElectricalParent; at >= 0; at = model.Assets[at].ElectricalParent) if (at == ancestor) return true;
        return false;
    }

    private static List<FreshnessCount> CountFreshness(Model model, List<Asset> assets, Dictionary<int, TwinView> views, long now) =>
        [.. assets.Where(asset => !model.PointsOf(asset.Number).IsEmpty).GroupBy(asset => asset.Kind).OrderBy(group => group.Key).Select(group =>
        {
            var counts = group.CountBy(asset => Figures.FreshnessOf(views[asset.Number], now)).ToDictionary();
            return new FreshnessCount(Figures.Name(group.Key), counts.GetValueOrDefault(Freshness.Fresh), counts.GetValueOrDefault(Freshness.Late), counts.GetValueOrDefault(Freshness.Silent), counts.GetValueOrDefault(Freshness.Never));
        })];

    private static string Offset(TimeZoneInfo zone, long now)
    {
        var offset = zone.GetUtcOffset(Instant.ToTime(now));
        return (offset < TimeSpan.Zero ? "-" : "+") + offset.ToString(@"hh\:mm", System.Globalization.CultureInfo.InvariantCulture);
    }
}
