using System.Text;
using MekongTwin.Domain.Access;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;
using MekongTwin.Host.Tests.Cities;
using MekongTwin.Ingest;
using Microsoft.Data.Sqlite;

namespace MekongTwin.Host.Tests.Running;

/// <summary>What is added to a city folder while it is served: looks are made by hand, two for a change.</summary>
public sealed class FolderAdditions : IDisposable
{
    private const string Power = "mt/v1/la-vte/east/tx/1/P";
    private const string OneTransformer = "\"lon\": 102.6, \"lat\": 17.97}";

    private readonly TemporaryDirectory _directory = new();
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;
    private int _changes;

    public FolderAdditions() => CityFolderPage.WriteExample(City);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string City => _directory.In("city");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task NewAssetsAndPointsAreServedAtOnceAndNothingIsForgotten()
    {
        await using (var core = await OpenAsync())
        {
            Assert.Equal(Admission.Admitted, await SendAsync(core, Power, 100, secondsAgo: 60));
            Assert.Equal(Admission.Quarantined, await SendAsync(core, "mt/v1/la-vte/east/tx/2/P", 1));
            Change("grid.json", OneTransformer, OneTransformer + """, {"id": "east/tx/2", "feeder": "fdr/1", "district": "east", "ratingKva": 250}""");
            // A point beside those that the twin of the first transformer has already.
            Change("points.json", "\"kinds\": {", "\"assets\": {\"east/tx/1\": [{\"metric\": \"oil\", \"unit\": \"Cel\"}]}, \"kinds\": {");
            await LookTwiceAsync(core);
            AssertHealthy(core);
            Assert.Equal(Admission.Admitted, await SendAsync(core, Power, 120));
            Assert.Equal(Admission.Admitted, await SendAsync(core, "mt/v1/la-vte/east/tx/1/oil", 60));
            Assert.Equal(Admission.Admitted, await SendAsync(core, "mt/v1/la-vte/east/tx/2/P", 50));
            await AssertServedAsync(core);
            Assert.Equal((5, 4), (core.ReadLedger().Total.Received, core.ReadLedger().Total.Stored));
        }
        await using (var core = await OpenAsync()) await AssertServedAsync(core);
        using var data = DataDirectory.Open(_directory.In("data"), mustExist: true);
        var facts = await Refold.CompareAsync(data, Ct);
        Assert.Equal(facts.Journal, facts.Stored);
    }

    /// <summary>The totals of parents that had children before, and of one that had none.</summary>
    [Fact]
    public async Task WhatIsNewAddsUpInItsParents()
    {
        await using var core = await OpenAsync();
        await SendAsync(core, Power, 100, secondsAgo: 1200);
        await SendAsync(core, Power, 100, secondsAgo: 900);
        Change("grid.json", "{\"id\": \"fdr/2\",", "{\"id\": \"fdr/3\", \"substation\": \"ss/1\", \"ratingKva\": 8000}, {\"id\": \"fdr/2\",");
        Change("grid.json", OneTransformer, OneTransformer + """, {"id": "east/tx/2", "feeder": "fdr/3", "district": "east", "ratingKva": 250}""");
        await LookTwiceAsync(core);
        foreach (var secondsAgo in new[] { 1200, 900 }) await SendAsync(core, "mt/v1/la-vte/east/tx/2/P", 60, secondsAgo);
        Assert.Equal(100 / 12.0, await EnergyAsync(core, "la-vte/fdr/1"), 4);
        Assert.Equal(60 / 12.0, await EnergyAsync(core, "la-vte/fdr/3"), 4);
        Assert.All(["la-vte/ss/1", "la-vte/east", "la-vte"], parent => Assert.Equal(160 / 12.0, EnergyAsync(core, parent).GetAwaiter().GetResult(), 4));
    }

    [Fact]
    public async Task ABrokenAdditionLeavesTheCityAsItWasAndIsNamed()
    {
        await using var core = await OpenAsync();
        Change("grid.json", OneTransformer, OneTransformer + """, {"id": "east/tx/2", "feeder": "fdr/9", "district": "east", "ratingKva": 250}""");
        await LookTwiceAsync(core);
        Assert.Contains($"{Path.Combine(City, "grid.json")}:9: transformers[2].feeder: no Feeder 'fdr/9'; did you mean 'fdr/1'?", Refusal(core), StringComparison.Ordinal);
        Assert.Null(core.Model.FindAsset("la-vte/east/tx/2"));
        Assert.Equal(Admission.Admitted, await SendAsync(core, Power, 100));
        Change("grid.json", "fdr/9", "fdr/1");
        await LookTwiceAsync(core);
        AssertHealthy(core);
        Assert.NotNull(core.Model.FindAsset("la-vte/east/tx/2"));
    }

    [Theory]
    [InlineData("points.json", ",\n      {\"metric\": \"E\", \"unit\": \"kWh\", \"kind\": \"cumulative\"}", "", "No longer there: la-vte/east/tx/1/E, la-vte/west/tx/1/E. A city that runs takes additions only. Put it back, or restart")]
    [InlineData("points.json", "\"hold\": \"PT30M\"", "\"hold\": \"PT10M\"", "What is folded already would change (2 points are changed (la-vte/east/tx/1/P, ...))")]
    [InlineData("traffic.json", "\"lengthKm\": 0.8", "\"lengthKm\": 0.9", "What is folded already would change (asset la-vte/zone/1/det/1 is changed)")]
    [InlineData("city.json", "\"id\": \"la-vte\"", "\"id\": \"la-xyz\"", "No longer there: la-vte, ")]
    public async Task WhatWouldLoseOrRewriteSomethingWaitsForARestart(string file, string from, string to, string why)
    {
        await using var core = await OpenAsync();
        Change(file, from, to);
        await LookTwiceAsync(core);
        Assert.Contains(why, Refusal(core), StringComparison.Ordinal);
        Assert.Contains("restart", Refusal(core), StringComparison.Ordinal);
        Assert.Equal(Admission.Admitted, await SendAsync(core, Power, 100));
        Change(file, to.Length > 0 ? to : "\"max\": 500}", to.Length > 0 ? from : "\"max\": 500}" + from);
        await LookTwiceAsync(core);
        AssertHealthy(core);
    }

    /// <summary>Names, places and mappings are what the folder says now, and no twin starts again for them.</summary>
    [Fact]
    public async Task WhatAltersNoFactIsTakenIn()
    {
        await using var core = await OpenAsync();
        Assert.Equal(Admission.Quarantined, await SendAsync(core, "legacy/new/name", 5));
        Change("mappings.json", "legacy/west/power", "legacy/new/name");
        Change("districts.geojson", "\"name\": \"East\"", "\"name\": \"Tavan Ok\"");
        await LookTwiceAsync(core);
        AssertHealthy(core);
        Assert.Equal("Tavan Ok", core.Model.FindAsset("la-vte/east")!.Name);
        Assert.Equal(Admission.Admitted, await SendAsync(core, "legacy/new/name", 5));
        Assert.Equal(Admission.Quarantined, await SendAsync(core, "legacy/west/power", 5));
        Assert.Contains("Tavan Ok", Encoding.UTF8.GetString(core.FindMap("la-vte")!.GeoJson), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileThatIsBeingWrittenIsLeftAlone()
    {
        await using var core = await OpenAsync();
        var grid = Path.Combine(City, "grid.json");
        var whole = File.ReadAllText(grid).Replace(OneTransformer, OneTransformer + """, {"id": "east/tx/2", "feeder": "fdr/1", "district": "east", "ratingKva": 250}""", StringComparison.Ordinal);
        for (var length = 100; length < whole.Length; length += 100)
        {
            File.WriteAllText(grid, whole[..length]);
            await core.Folders.LookAsync(Ct);
            AssertHealthy(core);
        }
        File.WriteAllText(grid, whole);
        await core.Folders.LookAsync(Ct);
        Assert.Null(core.Model.FindAsset("la-vte/east/tx/2"));
        await core.Folders.LookAsync(Ct);
        Assert.NotNull(core.Model.FindAsset("la-vte/east/tx/2"));
    }

    [Fact]
    public async Task TheServerLooksByItself()
    {
        await using var served = await Served.StartAsync(_directory, options => options with { Cities = [City] });
        Change("grid.json", OneTransformer, OneTransformer + """, {"id": "east/tx/2", "feeder": "fdr/1", "district": "east", "ratingKva": 250}""");
        await Patience.UntilAsync(() => served.Server.Core.Model.FindAsset("la-vte/east/tx/2") is not null, () => "the new transformer is there");
        await served.PublishAsync("mt/v1/la-vte/east/tx/2/P", "50");
        Assert.Equal(50, await served.LatestAsync("la-vte/east/tx/2"));
    }

    private async Task<TwinCore> OpenAsync()
    {
        var core = await TwinCore.OpenAsync(new ServeOptions { Cities = [City], Data = _directory.In("data"), Workers = 2 }, TimeProvider.System, Ct);
        core.Start();
        return core;
    }

    private async Task<Admission> SendAsync(TwinCore core, string topic, double value, int secondsAgo = 0)
    {
        using var source = core.Admissions.Open("mqtt:a", Principal.Open);
        var bytes = Encoding.UTF8.GetBytes(topic);
        var payload = FormattableString.Invariant($"{{\"v\":{value},\"t\":\"{_now.AddSeconds(-secondsAgo):yyyy-MM-ddTHH:mm:ss.fffZ}\"}}");
        var admission = source.Admit(source.Resolve(bytes), bytes, Encoding.UTF8.GetBytes(payload));
        await core.Admissions.Commits.WaitDurableAsync(await source.SubmitAsync(Ct), Ct);
        await core.SettleAsync(Ct).WaitAsync(Patience.Long, Ct);
        return admission;
    }

    private static async Task LookTwiceAsync(TwinCore core)
    {
        await core.Folders.LookAsync(Ct);
        await core.Folders.LookAsync(Ct);
    }

    private static async Task AssertServedAsync(TwinCore core)
    {
        string[] ids = ["la-vte/east/tx/1", "la-vte/east/tx/2"];
        var views = await core.Twins.ViewAsync([.. ids.Select(id => core.Model.FindAsset(id)!.Id)], Ct);
        Assert.Equal(["P 120", "oil 60", "P 50"], views.SelectMany(view => view.Latest).Select(latest => FormattableString.Invariant($"{latest.Point.Metric} {Domain.Units.FixedPoint.ToDouble(latest.Reading.Value)}")));
    }

    private static async Task<double> EnergyAsync(TwinCore core, string id) =>
        (await core.Queries.AssetWindowsAsync(core.Model.FindAsset(id)!.Number, 0, long.MaxValue, null, Ct)).Sum(window => Domain.Units.FixedPoint.ToDouble(window.Total.EnergyKwh));

    private static string Refusal(TwinCore core)
    {
        Assert.False(core.Folders.Health.Healthy);
        Assert.False(core.Folders.Health.Required);
        return core.Folders.Health.Detail!;
    }

    private static void AssertHealthy(TwinCore core) => Assert.True(core.Folders.Health.Healthy, core.Folders.Health.Detail);

    private void Change(string file, string from, string to)
    {
        var path = Path.Combine(City, file);
        var text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
        // Two changes within a tick of the file system's clock look alike: a later one has a later time here.
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(++_changes));
    }
}
