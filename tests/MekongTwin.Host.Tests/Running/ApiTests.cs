using System.Net;
using System.Text.Json;

namespace MekongTwin.Host.Tests.Running;

/// <summary>What the routes promise whoever calls them: clear refusals, HEAD, ids as they were meant, a complete description.</summary>
public sealed class ApiTests : IDisposable
{
    private const string Asset = "/api/v1/assets/vn-dad%2Fthanh-khe%2Ftx%2F0201";
    private const string Series = Asset + "/series";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("/api/v1/assets?limit=-1", "limit '-1' is not a whole number from 1 to 5000")]
    [InlineData("/api/v1/assets?limit=0", "limit '0'")]
    [InlineData("/api/v1/assets?limit=99999999999999", "limit '99999999999999' is not a whole number from 1 to 5000")]
    [InlineData("/api/v1/assets?limit=many", "limit 'many' is not a whole number from 1 to 5000")]
    [InlineData("/api/v1/assets?limit=1&limit=2", "limit is given 2 times")]
    [InlineData("/api/v1/assets?kind=transfomer", "kind 'transfomer' is none of city, district")]
    [InlineData("/api/v1/assets?knd=transformer", "knd is no parameter of this route; it has city, kind, parent, near, limit")]
    [InlineData("/api/v1/assets?near=NaN,NaN", "near 'NaN,NaN'")]
    [InlineData("/api/v1/assets?near=108,Infinity", "-90 to 90")]
    [InlineData("/api/v1/assets?near=181,16", "-180 to 180")]
    [InlineData("/api/v1/assets?near=108", "near '108'")]
    [InlineData(Series + "?metric=P&points=0", "points '0' is not a whole number from 3 to 100000")]
    [InlineData(Series, "metric is missing")]
    [InlineData(Series + "?metric=P&step=PT7M", "step 'PT7M' is none of raw, PT1M")]
    [InlineData(Series + "?metric=P&from=yesterday", "from 'yesterday' is not a time from 1970 to 2200")]
    [InlineData(Series + "?metric=P&to=9999-01-01T00:00:00Z", "to '9999-01-01T00:00:00Z' is not a time from 1970 to 2200")]
    [InlineData(Series + "?metric=P&step=PT1M&from=1970-01-02T00:00:00Z&to=2199-01-01T00:00:00Z", "from, to and step ask for")]
    [InlineData(Series + "?metric=P&from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z", "from 2026-11-21T07:00:00+07:00 does not lie before to")]
    [InlineData("/api/v1/quarantine?limit=0", "limit '0' is not a whole number from 1 to 2000")]
    [InlineData("/api/v1/cities/vn-dad/quality?day=tomorrow", "day 'tomorrow' is not a day from 2010 to today; write it as 2026-11-21")]
    [InlineData("/api/v1/cities/vn-dad/quality?day=2199-01-01", "day '2199-01-01'")]
    [InlineData("/api/v1/cities/vn-dad/quality?kind=transfomer", "kind 'transfomer' is none of city, district")]
    [InlineData("/api/v1/cities/vn-dad/quality?finding=2", "finding '2' is none of gap, stuck, spike, outOfRange, clock, late, burst, disorder, duplicate, drift, gateway")]
    [InlineData("/api/v1/cities/vn-dad/quality?limit=1001", "limit '1001' is not a whole number from 1 to 1000")]
    [InlineData(Asset + "/quality?day=2009-12-31", "day '2009-12-31'")]
    [InlineData("/api/v1/ledger?all=1", "all is no parameter of this route; it has none")]
    public async Task AnArgumentThatCannotBeIsNamedWithItsRange(string path, string said)
    {
        await using var served = await Served.StartAsync(_directory);
        var (code, text) = await served.AskAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Contains(said, JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnIdIsDecodedOnce()
    {
        await using var served = await Served.StartAsync(_directory);
        Assert.Equal(HttpStatusCode.OK, (await served.AskAsync(HttpMethod.Get, Asset)).Code);
        Assert.Equal(HttpStatusCode.OK, (await served.AskAsync(HttpMethod.Get, Series + "?metric=P")).Code);
        var (code, text) = await served.AskAsync(HttpMethod.Get, Asset.Replace("%2F", "%252F", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, code);
        Assert.Contains("'vn-dad%2Fthanh-khe%2Ftx%2F0201'", JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString()!, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync(HttpMethod.Get, Series.Replace("%2F", "%252F", StringComparison.Ordinal) + "?metric=P")).Code);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api/v1/cities")]
    [InlineData("/api/v1/cities/vn-dad")]
    [InlineData("/api/v1/cities/vn-dad/grid")]
    [InlineData("/api/v1/cities/vn-dad/quality")]
    [InlineData(Asset + "/quality")]
    [InlineData("/api/v1/assets")]
    [InlineData(Asset)]
    [InlineData(Series + "?metric=P")]
    [InlineData("/api/v1/ledger")]
    [InlineData("/api/v1/quarantine")]
    [InlineData("/api/v1/live")]
    [InlineData("/api/v1/status")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/openapi/v1.json")]
    public async Task HeadAnswersWhereGetDoes(string path)
    {
        await using var served = await Served.StartAsync(_directory);
        using var answer = await served.SendAsync(new(HttpMethod.Head, path));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.NotNull(answer.Content.Headers.ContentType);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync(HttpMethod.Head, "/none" + path)).Code);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/index.html")]
    [InlineData("/api/v1/ledger")]
    [InlineData("/openapi/v1.json")]
    public async Task AForeignHostNameIsRefusedForThePageAsForItsRoutes(string path)
    {
        await using var served = await Served.StartAsync(_directory);
        async Task<HttpStatusCode> AskAsync(string host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = host;
            using var answer = await served.SendAsync(request);
            return answer.StatusCode;
        }
        Assert.Equal(HttpStatusCode.MisdirectedRequest, await AskAsync("rebound.example"));
        Assert.NotEqual(HttpStatusCode.MisdirectedRequest, await AskAsync("localhost"));
    }

    [Fact]
    public async Task TotalsAreMetricsOfWhatHasAssetsBelowInTheListAsAlone()
    {
        await using var served = await Served.StartAsync(_directory);
        foreach (var kind in (string[])["city", "district", "transformer"])
        {
            var listed = (await served.GetAsync($"/api/v1/assets?kind={kind}&limit=1")).GetProperty("items")[0];
            var alone = await served.AssetAsync(listed.GetProperty("id").GetString()!);
            var metrics = listed.GetProperty("metrics").EnumerateArray().Select(metric => metric.GetString()).ToList();
            Assert.Equal(alone.GetProperty("metrics").EnumerateArray().Select(metric => metric.GetString()), metrics);
            Assert.Equal(kind != "transformer", metrics.Contains("demand"));
            Assert.Equal(kind == "transformer", metrics.Contains("P"));
        }
    }

    [Fact]
    public async Task ReactivePowerIsAFigureOfTheMetersThatMeasureIt()
    {
        await using var served = await Served.StartAsync(_directory);
        var parent = (await served.AssetAsync()).GetProperty("parents").GetProperty("administrative").GetString()!;
        await served.PublishAsync($"mt/v1/{Served.Transformer}/P", "100");
        var figures = (await served.AssetAsync(parent)).GetProperty("figures");
        Assert.Equal(100, figures.GetProperty("demand").GetProperty("value").GetDouble());
        Assert.False(figures.TryGetProperty("reactive", out _));
        await served.PublishAsync($"mt/v1/{Served.Transformer}/Q", "30");
        figures = (await served.AssetAsync(parent)).GetProperty("figures");
        Assert.Equal(30, figures.GetProperty("reactive").GetProperty("value").GetDouble());
        Assert.Equal(figures.GetProperty("demand").GetProperty("coverage").GetDouble(), figures.GetProperty("reactive").GetProperty("coverage").GetDouble());
    }

    [Fact]
    public async Task ABoardSaysWhenTheNewestReadingWasAndWhereDevicesSendTo()
    {
        await using var served = await Served.StartAsync(_directory);
        var board = await served.GetAsync("/api/v1/cities/vn-dad");
        Assert.False(board.TryGetProperty("lastReading", out _));
        Assert.Equal(("mqtt", served.Mqtt), (board.GetProperty("mqtt").GetProperty("scheme").GetString(), board.GetProperty("mqtt").GetProperty("port").GetInt32()));
        var time = Served.Time(100_000);
        await served.PublishAsync($"mt/v1/{Served.Transformer}/P", $$"""{"v":1,"t":"{{time}}"}""");
        string? last = null;
        await Patience.UntilAsync(async () => (last = (await served.GetAsync("/api/v1/cities/vn-dad")).TryGetProperty("lastReading", out var text) ? text.GetString() : null) is not null, () => "the board shows it");
        Assert.EndsWith("+07:00", last, StringComparison.Ordinal);
        Assert.Equal(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), DateTimeOffset.Parse(last!, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task EveryRouteIsDescribedWithItsSummaryItsAnswerAndItsProblems()
    {
        await using var served = await Served.StartAsync(_directory);
        var document = await served.GetAsync("/openapi/v1.json");
        var info = document.GetProperty("info");
        Assert.Equal(("MekongTwin", "v1"), (info.GetProperty("title").GetString(), info.GetProperty("version").GetString()));
        Assert.NotEqual("", info.GetProperty("description").GetString());
        var routes = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Path: path.Name, Method: operation.Name, Operation: operation.Value))).ToList();
        Assert.Equal(served.Server.Routes.Order(), routes.Select(route => $"{route.Method.ToUpperInvariant()} {route.Path}").Order());
        Assert.All(routes, route =>
        {
            Assert.NotEqual("", route.Operation.GetProperty("summary").GetString());
            var answers = route.Operation.GetProperty("responses").EnumerateObject().ToDictionary(answer => answer.Name, answer => answer.Value);
            Assert.True(answers.ContainsKey("204") || HasShape(answers.GetValueOrDefault("200", answers.GetValueOrDefault("202"))), $"{route.Path} says what it answers");
            if (!route.Path.StartsWith("/api", StringComparison.Ordinal)) return;
            Assert.All((string[])["400", "401", "403", "421", "429"], code => Assert.True(answers[code].GetProperty("content").TryGetProperty("application/problem+json", out _), $"{route.Path} {code}"));
            Assert.Equal(route.Path.Contains('{', StringComparison.Ordinal), answers.ContainsKey("404") && route.Path.Contains('{', StringComparison.Ordinal));
        });
        var step = document.GetProperty("components").GetProperty("schemas").GetProperty("StepView");
        Assert.Equal(["t", "v"], step.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(["null", "number"], step.GetProperty("properties").GetProperty("v").GetProperty("type").EnumerateArray().Select(type => type.GetString()));
        static bool HasShape(JsonElement answer) => answer.GetProperty("content").EnumerateObject().All(content =>
            content.Value.GetProperty("schema") is var schema && (schema.TryGetProperty("$ref", out _) || schema.TryGetProperty("type", out _)));
    }
}
