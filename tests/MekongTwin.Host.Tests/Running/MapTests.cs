using System.Net;
using System.Text.Json;

namespace MekongTwin.Host.Tests.Running;

/// <summary>What a map needs of the server: what is drawn, which stays, and what colours it.</summary>
public sealed class MapTests : IDisposable
{
    private const string Map = "/api/v1/cities/vn-dad/map";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ThePilotIsDrawnWhole()
    {
        await using var served = await Served.StartAsync(_directory);
        var map = await served.GetAsync(Map);
        Assert.Equal("FeatureCollection", map.GetProperty("type").GetString());
        Assert.Contains("no position on boundaries", map.GetProperty("notice").GetString()!, StringComparison.Ordinal);
        var features = map.GetProperty("features").EnumerateArray().ToList();
        var kinds = features.CountBy(feature => feature.GetProperty("properties").GetProperty("kind").GetString()!).ToDictionary();
        Assert.Equal((15, 112, 1, 150, 16, 150, 30), (kinds["district"], kinds["feeder"], kinds["open"], kinds["road"], kinds["substation"], kinds["detector"], kinds["station"]));
        // Every asset that is drawn is one, and a feeder begins where its substation stands.
        var assets = (await served.GetAsync("/api/v1/assets?limit=5000")).GetProperty("items").EnumerateArray().ToDictionary(asset => asset.GetProperty("id").GetString()!);
        Assert.All(features.Where(feature => feature.TryGetProperty("id", out _)), feature => Assert.Contains(feature.GetProperty("id").GetString()!, assets));
        Assert.All(features.Where(feature => feature.GetProperty("properties").GetProperty("kind").GetString() == "feeder"), feature =>
        {
            var substation = assets[assets[feature.GetProperty("id").GetString()!].GetProperty("parents").GetProperty("electrical").GetString()!];
            var places = feature.GetProperty("geometry").GetProperty("coordinates").EnumerateArray().SelectMany(line => line.EnumerateArray()).Select(place => (place[0].GetDouble(), place[1].GetDouble())).ToList();
            Assert.Contains((substation.GetProperty("longitude").GetDouble(), substation.GetProperty("latitude").GetDouble()), places);
        });
    }

    [Fact]
    public async Task WhoHasTheMapIsToldThatItIsTheSame()
    {
        await using var served = await Served.StartAsync(_directory);
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{served.Server.HttpPort}") };
        using var first = await client.GetAsync(Map, TestContext.Current.CancellationToken);
        Assert.Equal("application/geo+json", first.Content.Headers.ContentType?.MediaType);
        using var again = new HttpRequestMessage(HttpMethod.Get, Map);
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await client.SendAsync(again, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Fact]
    public async Task AFeederIsColouredByItsLoadingAndADetectorByItsTravelTime()
    {
        await using var served = await Served.StartAsync(_directory);
        var before = (await served.GetAsync(Map + "/values")).GetProperty("values");
        Assert.Equal("never", before.GetProperty("vn-dad/fdr/471-anhai").GetProperty("freshness").GetString());
        var feeder = await served.AssetAsync("vn-dad/fdr/471-anhai");
        await served.PublishAsync("mt/v1/vn-dad/fdr/471-anhai/P", $"{feeder.GetProperty("ratingKva").GetDouble() / 2}");
        var detector = before.EnumerateObject().First(value => value.Name.Contains("/det/", StringComparison.Ordinal)).Name;
        await served.PublishAsync($"mt/v1/{detector}/speed", "10");
        var after = (await served.GetAsync(Map + "/values")).GetProperty("values");
        Assert.Equal((50, "%", "fresh"), Read(after.GetProperty("vn-dad/fdr/471-anhai")));
        var (index, unit, _) = Read(after.GetProperty(detector));
        Assert.Equal("1", unit);
        Assert.InRange(index, 2, 12);
    }

    [Theory]
    [InlineData("/api/v1/cities/vn-dat/map")]
    [InlineData("/api/v1/cities/vn-dat/map/values")]
    public async Task ACityThatIsNotThereIsNamedWithTheOneThatIs(string path)
    {
        await using var served = await Served.StartAsync(_directory);
        var (code, text) = await served.AskAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.NotFound, code);
        Assert.Contains("vn-dad", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SupplyIsWhatSubstationsTakeIn()
    {
        await using var served = await Served.StartAsync(_directory);
        Assert.False((await served.GetAsync("/api/v1/cities/vn-dad")).GetProperty("figures").TryGetProperty("supply", out _));
        await served.PublishAsync("mt/v1/vn-dad/ss/an-hai/P", "1000");
        await served.PublishAsync("mt/v1/vn-dad/ss/an-khe/P", "500");
        var supply = (await served.GetAsync("/api/v1/cities/vn-dad")).GetProperty("figures").GetProperty("supply");
        Assert.Equal((1500, "kW", 0.125), (supply.GetProperty("value").GetDouble(), supply.GetProperty("unit").GetString(), supply.GetProperty("coverage").GetDouble()));
        var series = await served.GetAsync("/api/v1/assets/vn-dad/series?metric=supply");
        Assert.Equal(("kW", "mean"), (series.GetProperty("unit").GetString(), series.GetProperty("means").GetString()));
        Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync(HttpMethod.Get, "/api/v1/assets/vn-dad%2Fhai-chau/series?metric=supply")).Code);
    }

    private static (double Value, string Unit, string Freshness) Read(JsonElement value) => (value.GetProperty("value").GetDouble(), value.GetProperty("unit").GetString()!, value.GetProperty("freshness").GetString()!);
}
