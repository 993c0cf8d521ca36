using System.Globalization;
using System.Net;
using System.Text.Json;
using MekongTwin.Api;
using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Running;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace MekongTwin.Host.Tests.Running;

/// <summary>What a series asks of the facts: the readings of its range, counted, and those a hold time around it where steps need them.</summary>
public sealed class SeriesTests : IDisposable
{
    private const long ReadingsMax = 2_000_000;
    private const long FromUs = 1_795_000_020_000_000, ToUs = FromUs + 3 * Instant.Minute, HoldUs = 30 * Instant.Minute;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task MinutesCountTheirRangeAndReachAHoldTimeBeyondIt()
    {
        var facts = new AskedFacts((FromUs - HoldUs, 10), (FromUs - Instant.Minute, 20), (FromUs + Instant.Minute, 30), (ToUs, 40));
        var (_, series) = await AskAsync(facts, "PT1M");
        Assert.Equal([20.0, 30, 30], series.GetProperty("points").EnumerateArray().Select(step => step.GetProperty("v").GetDouble()));
        Assert.All(series.GetProperty("points").EnumerateArray(), step => Assert.Equal(1, step.GetProperty("coverage").GetDouble()));
        Assert.Equal([(FromUs, ToUs, ReadingsMax), (FromUs - HoldUs, FromUs, long.MaxValue), (ToUs, ToUs + HoldUs, long.MaxValue)], facts.Asked);
    }

    [Fact]
    public async Task RawReadingsAreThoseOfTheRangeCopiesOnce()
    {
        var facts = new AskedFacts((FromUs - 1, 10), (FromUs, 20), (FromUs, 20), (ToUs - 1, 30), (ToUs, 40));
        var (_, series) = await AskAsync(facts, "raw");
        Assert.Equal([20.0, 30], series.GetProperty("points").EnumerateArray().Select(step => step.GetProperty("v").GetDouble()));
        Assert.All(series.GetProperty("points").EnumerateArray(), step => Assert.Equal("good", step.GetProperty("q").GetString()));
        Assert.Equal([(FromUs, ToUs, ReadingsMax)], facts.Asked);
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("PT1M")]
    public async Task ARangeWithTooManyReadingsIsRefusedBeforeAnyIsRead(string step)
    {
        var facts = new AskedFacts { HasTooMany = true };
        var (code, problem) = await AskAsync(facts, step);
        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Equal("from and to hold more than 2000000 readings: ask for a shorter range, or for steps of PT15M and longer.", problem.GetProperty("detail").GetString());
        Assert.Single(facts.Asked);
    }

    private async Task<(HttpStatusCode Code, JsonElement Answer)> AskAsync(AskedFacts facts, string step)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddTwinApi();
        await using var app = builder.Build();
        app.MapTwinApi(new OnlyFacts(facts), new Users(new UserFile(_directory.In("users.json"))));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };
        using var answer = await client.GetAsync($"/api/v1/assets/vn-dad%2Ftx%2F000/series?metric=P&step={step}&from={Text(FromUs)}&to={Text(ToUs)}", TestContext.Current.CancellationToken);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement);
    }

    private static string Text(long timeUs) => Instant.ToTime(timeUs).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>Readings of every point, and what was asked of them.</summary>
    private sealed class AskedFacts(params (long TimeUs, long Value)[] held) : ITwinQueries
    {
        public bool HasTooMany { get; init; }

        public List<(long FromUs, long ToUs, long ReadingsMax)> Asked { get; } = [];

        public async ValueTask<IReadOnlyList<Reading>?> ReadingsAsync(int point, long fromUs, long toUs, long readingsMax, CancellationToken ct)
        {
            // Another edition's facts are elsewhere: the answer comes later.
            await Task.Yield();
            Asked.Add((fromUs, toUs, readingsMax));
            if (HasTooMany) return null;
            return [.. held.Where(one => one.TimeUs >= fromUs && one.TimeUs < toUs).Select(one => new Reading(one.TimeUs, one.Value * 1_000_000, point, 0, Quality.Good, ReadingFlags.None))];
        }

        public ValueTask<IReadOnlyList<PointWindow>> PointWindowsAsync(int point, long fromUs, long toUs, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<AssetWindow>> AssetWindowsAsync(int asset, long fromUs, long toUs, TotalPart? part, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<AssetWindow>> AssetWindowsAsync(IReadOnlyCollection<int> assets, long fromUs, long toUs, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<QuarantineGroup>> QuarantineAsync(int limit, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<QuarantineGroup?> QuarantineGroupAsync(long id, CancellationToken ct) => throw new NotSupportedException();
    }

    /// <summary>A program that has a city and its facts, and nothing else.</summary>
    private sealed class OnlyFacts(ITwinQueries facts) : ITwinServices
    {
        public ITwinQueries Queries => facts;

        public Model Model { get; } = SmallCity.Make();

        public TimeProvider Clock => TimeProvider.System;

        public DrawnMap? FindMap(string city) => null;

        public ITwins Twins => throw new NotSupportedException();

        public bool Simulated => false;

        public JournalStatus Journal => throw new NotSupportedException();

        public MqttDoor? Mqtt => null;

        public ValueTask<LedgerPage> ReadLedgerAsync(CancellationToken ct) => throw new NotSupportedException();

        public IReadOnlyList<HealthCheck> ReadHealth() => [];

        public string SourceName(int number) => throw new NotSupportedException();

        public ValueTask<IReadOnlySet<string>> QuarantineUnitsAsync(QuarantineGroup group, CancellationToken ct) => throw new NotSupportedException();

        public Task<int> MapQuarantineAsync(QuarantineGroup group, Point point, CancellationToken ct) => throw new NotSupportedException();

        public Task DiscardQuarantineAsync(QuarantineGroup group, CancellationToken ct) => throw new NotSupportedException();

        public Task<bool> RemoveMappingAsync(string name, CancellationToken ct) => throw new NotSupportedException();

        public StatusView ReadStatus() => throw new NotSupportedException();
    }
}
