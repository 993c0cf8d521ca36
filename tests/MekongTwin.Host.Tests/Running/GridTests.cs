using System.Globalization;
using System.Net;
using System.Text.Json;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Tests.Running;

/// <summary>The completed state of the pilot's grid over HTTP: from what is measured at a feeder's head and at some transformers.</summary>
public sealed class GridTests : IDisposable
{
    private const string Feeder = "vn-dad/fdr/471-anhai";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task WhatIsNotMeasuredIsEstimatedFromItsFeedersHead()
    {
        await using var served = await Served.StartAsync(_directory);
        var transformers = await TransformersAsync(served);
        var (measured, silent) = (transformers[0], transformers[1]);
        await MeasureAsync(served, Feeder, ("P", 6000), ("Q", 2000), ("V", 22.5));
        await MeasureAsync(served, measured, ("P", 100), ("Q", 30), ("V", 229));
        var feeder = await FeederAsync(served);
        Assert.True(feeder.GetProperty("headMeasured").GetBoolean());
        Assert.Equal(6000, Value(feeder.GetProperty("p")), 20.0);
        Assert.Equal(22.5, Value(feeder.GetProperty("v")), 1e-3);
        Assert.InRange(feeder.GetProperty("lossesKw").GetDouble(), 20, 300);
        Assert.InRange(Value(feeder.GetProperty("lowestVoltage")), 0.97, 22.5 / 22);
        Assert.InRange(Value(feeder.GetProperty("highestLoading")), 20, 60);
        Assert.StartsWith("ln/471-anhai/", feeder.GetProperty("highestLoadingLine").GetString(), StringComparison.Ordinal);
        Assert.Equal((1, transformers.Count), (feeder.GetProperty("meters").GetProperty("reporting").GetInt32(), feeder.GetProperty("meters").GetProperty("total").GetInt32()));
        Assert.Equal(100 / (6000 - feeder.GetProperty("lossesKw").GetDouble()), feeder.GetProperty("coverage").GetDouble(), 1e-3);
        Assert.False(feeder.TryGetProperty("inconsistency", out _));

        var estimate = (await served.AssetAsync(silent)).GetProperty("estimate");
        Assert.InRange(estimate.GetProperty("ageSeconds").GetDouble(), 0, 60);
        Assert.EndsWith("+07:00", estimate.GetProperty("time").GetString(), StringComparison.Ordinal);
        var power = estimate.GetProperty("values").GetProperty("P");
        Assert.Equal(("kW", "estimated"), (power.GetProperty("unit").GetString(), power.GetProperty("quality").GetString()));
        Assert.InRange(power.GetProperty("plusMinus").GetDouble(), 0.2 * Value(power), 1.2 * Value(power));
        Assert.InRange(Value(estimate.GetProperty("values").GetProperty("V")), 215, 240);
        Assert.Contains(estimate.GetProperty("values").EnumerateObject(), value => value.Name == "loading");
        var known = (await served.AssetAsync(measured)).GetProperty("estimate").GetProperty("values");
        Assert.Equal(["loading"], known.EnumerateObject().Select(value => value.Name));

        var past = await served.GetAsync($"/api/v1/assets/{Uri.EscapeDataString(silent)}/estimates?metric=P");
        var step = past.GetProperty("points").EnumerateArray().Last();
        Assert.Equal("estimated", past.GetProperty("quality").GetString());
        Assert.InRange(step.GetProperty("v").GetDouble(), 1, 700);
        Assert.True(step.GetProperty("plusMinus").GetDouble() > 0);
        Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync(HttpMethod.Get, $"/api/v1/assets/{Uri.EscapeDataString(silent)}/estimates?metric=pm10")).Code);

        // All powers below the head and the losses come to what it measures.
        var sum = 100.0;
        foreach (var transformer in transformers.Skip(1)) sum += Value((await served.AssetAsync(transformer)).GetProperty("estimate").GetProperty("values").GetProperty("P"));
        Assert.Equal(Value(feeder.GetProperty("p")), sum + feeder.GetProperty("lossesKw").GetDouble(), 1.0);
    }

    [Fact]
    public async Task MetersThatContradictTheirHeadAreAResult()
    {
        await using var served = await Served.StartAsync(_directory);
        var transformer = (await TransformersAsync(served))[0];
        await MeasureAsync(served, Feeder, ("P", 300));
        // More than all its neighbours could feed back by day, whatever the hour.
        await MeasureAsync(served, transformer, ("P", 4800));
        var feeder = await FeederAsync(served);
        Assert.False(feeder.GetProperty("headMeasured").GetBoolean());
        Assert.InRange(feeder.GetProperty("inconsistency").GetProperty("kw").GetDouble(), 1, 4500);
        Assert.Contains("more than the head", feeder.GetProperty("inconsistency").GetProperty("says").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, (await served.GetAsync("/api/v1/cities/vn-dad/grid")).GetProperty("inconsistent").GetInt32());
    }

    [Fact]
    public async Task AFeederThatNoVoltagesSolveHasNoFigures()
    {
        await using var served = await Served.StartAsync(_directory);
        // The most that their meters may say: ten times what the feeder can carry.
        var transformers = await TransformersAsync(served);
        foreach (var each in transformers) await MeasureAsync(served, each, ("P", 5000));
        var feeder = await FeederAsync(served);
        Assert.False(feeder.GetProperty("solved").GetBoolean());
        Assert.Equal(22.44, Value(feeder.GetProperty("v")), 1e-9);
        foreach (var figure in (string[])["p", "q", "lossesKw", "lowestVoltage", "lowestVoltageNode", "highestLoading", "highestLoadingLine", "residualKw", "coverage"]) Assert.False(feeder.TryGetProperty(figure, out var value), $"{figure}: {value}");
        Assert.False((await served.AssetAsync(transformers[0])).TryGetProperty("estimate", out _));
        var city = await served.GetAsync("/api/v1/cities/vn-dad/grid");
        Assert.Equal(1, city.GetProperty("unsolved").GetInt32());
        var solved = city.GetProperty("feeders").EnumerateArray().Where(each => each.GetProperty("solved").GetBoolean()).ToList();
        Assert.Equal(solved.Sum(each => each.GetProperty("lossesKw").GetDouble()), city.GetProperty("lossesKw").GetDouble(), 1e-3);
    }

    [Fact]
    public async Task ACityWithoutReadingsIsCompletedFromItsCustomersAndSaysHowLittleIsKnown()
    {
        await using var served = await Served.StartAsync(_directory);
        var feeder = await FeederAsync(served);
        Assert.Equal(0, feeder.GetProperty("coverage").GetDouble());
        Assert.True(feeder.GetProperty("p").GetProperty("plusMinus").GetDouble() > 0.5 * Value(feeder.GetProperty("p")));
        Assert.False(feeder.TryGetProperty("residualKw", out _));
        var (code, text) = await served.AskAsync(HttpMethod.Get, "/api/v1/cities/vn-dda/grid");
        Assert.Equal(HttpStatusCode.NotFound, code);
        Assert.Contains("No city 'vn-dda'", text, StringComparison.Ordinal);
        var city = (await served.AssetAsync("vn-dad"));
        Assert.False(city.TryGetProperty("estimate", out _));
    }

    [Fact]
    public async Task ACityWithoutANetworkHasNoState()
    {
        await using var served = await Served.StartAsync(_directory, options => options with { Cities = [Path.Combine(AppContext.BaseDirectory, "Cities", "clean")] });
        await ((TwinCore)served.Server.Core).Grids.CompleteAsync(TestContext.Current.CancellationToken);
        var (code, text) = await served.AskAsync(HttpMethod.Get, "/api/v1/cities/vn-xyz/grid");
        Assert.Equal(HttpStatusCode.NotFound, code);
        Assert.Contains("describes no network", JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static double Value(JsonElement estimate) => estimate.GetProperty("value").GetDouble();

    private static async Task MeasureAsync(Served served, string asset, params (string Metric, double Value)[] values)
    {
        await using var client = await TinyMqtt.OpenAsync(served.Mqtt);
        foreach (var (metric, value) in values) await client.PublishAsync($"mt/v1/{asset}/{metric}", string.Create(CultureInfo.InvariantCulture, $$"""{"v":{{value}},"t":"{{Served.Time(1)}}"}"""));
    }

    private static async Task<List<string>> TransformersAsync(Served served) =>
        [.. (await served.GetAsync($"/api/v1/assets?kind=transformer&parent={Uri.EscapeDataString(Feeder)}")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];

    private static async Task<JsonElement> FeederAsync(Served served)
    {
        await served.Server.Core.SettleAsync(TestContext.Current.CancellationToken);
        await ((TwinCore)served.Server.Core).Grids.CompleteAsync(TestContext.Current.CancellationToken);
        return (await served.GetAsync("/api/v1/cities/vn-dad/grid")).GetProperty("feeders").EnumerateArray().Single(feeder => feeder.GetProperty("id").GetString() == Feeder);
    }
}
