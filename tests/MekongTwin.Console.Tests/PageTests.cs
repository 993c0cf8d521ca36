using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace MekongTwin.Console.Tests;

/// <summary>What a person sees on the page of the running pilot.</summary>
public sealed partial class PageTests(RunningCity city) : IClassFixture<RunningCity>
{
    [Fact]
    public async Task The_city_is_live_within_seconds()
    {
        var page = await OpenAsync();
        await Expect(page.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "live");
        await Expect(page.GetByTestId("totals-demand")).ToContainTextAsync(Figure());
        await Expect(page.GetByTestId("district-row")).ToHaveCountAsync(15);
        await Expect(page.GetByTestId("geography")).ToHaveTextAsync("· wards and communes since July 2025");
        await Expect(page.GetByTestId("simulated-banner")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("ledger-balance")).ToContainTextAsync("balanced");
    }

    [Fact]
    public async Task Times_are_the_citys_wherever_the_browser_is()
    {
        var page = await OpenAsync();
        await Expect(page.GetByTestId("clock")).ToContainTextAsync("+07");
    }

    [Fact]
    public async Task A_figure_opens_down_to_its_readings()
    {
        var page = await OpenAsync();
        await page.GetByTestId("district-row").First.GetByRole(AriaRole.Button).ClickAsync();
        await page.GetByTestId("transformer-row").First.GetByTestId("asset-link").ClickAsync();
        await Expect(page.GetByTestId("asset-panel")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("latest-row").First).ToContainTextAsync("kW");
        await Expect(page.GetByTestId("reading-row").First).ToBeVisibleAsync();
        // And says how its day has been so far: complete or not, with findings or without.
        await Expect(page.GetByTestId("asset-quality")).ToContainTextAsync("Data quality");
        await Expect(page.GetByTestId("asset-completeness")).ToContainTextAsync("%");
    }

    [Fact]
    public async Task What_is_on_the_administrative_list_only_is_named_with_the_districts()
    {
        var page = await OpenAsync();
        await Expect(page.GetByTestId("districts-listed")).ToContainTextAsync("Hoàng Sa");
        await Expect(page.Locator(".map-notice")).Not.ToContainTextAsync("Hoàng Sa");
    }

    [Fact]
    public async Task What_the_map_shows_stands_in_a_list_beside_it_where_nothing_can_be_drawn()
    {
        var page = await OpenAsync();
        await page.Locator("#map").ScrollIntoViewIfNeededAsync();
        var rows = page.GetByTestId("map-list").Locator("li");
        await Expect(rows.First).ToContainTextAsync("%", new() { Timeout = 30_000 });
        await Expect(rows).ToHaveCountAsync(10);
        await Expect(page.Locator("#map")).ToContainTextAsync("This browser cannot draw the map");
        await Expect(page.Locator("#map")).ToContainTextAsync("no position on boundaries");
        await page.GetByLabel("Traffic", new() { Exact = true }).CheckAsync();
        await Expect(page.Locator(".map-legend")).ToContainTextAsync("less desirable");
        await page.GetByLabel("Grid load").CheckAsync();
        await rows.First.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByTestId("asset-panel")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_map_is_drawn_and_what_is_under_the_pointer_is_named()
    {
        Assert.SkipUnless(city.Missing is null, city.Missing ?? "");
        var (browser, page) = await city.OpenDrawingAsync();
        await using var _ = browser;
        var faults = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error") faults.Add(message.Text);
        };
        await page.Locator("#map").ScrollIntoViewIfNeededAsync();
        var canvas = page.GetByTestId("map").Locator("canvas");
        await Expect(canvas).ToBeVisibleAsync(new() { Timeout = 60_000 });
        var box = (await canvas.BoundingBoxAsync())!;
        // Somewhere in the middle of the city there is a district at least.
        await UntilAsync(async () =>
        {
            await page.Mouse.MoveAsync(box.X + box.Width / 2, box.Y + box.Height / 2);
            await page.Mouse.MoveAsync(box.X + box.Width / 2 + 2, box.Y + box.Height / 2);
            Assert.NotEmpty((await page.Locator(".map-pointed").TextContentAsync())!);
        });
        Assert.Empty(faults);
    }

    /// <summary>Tries until it holds: the drawing has no moment at which it says that it is done.</summary>
    private static async Task UntilAsync(Func<Task> holds)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await holds();
                return;
            }
            catch (Xunit.Sdk.XunitException) when (attempt < 60)
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }

    [Fact]
    public async Task A_twin_that_failed_is_marked_on_its_panel()
    {
        var page = await OpenAsync(page => page.RouteAsync("**/api/v1/assets/vn-dad%2Fthanh-khe%2Ftx%2F0201", async route =>
        {
            var answer = await route.FetchAsync();
            var asset = JsonNode.Parse(await answer.TextAsync())!;
            asset["faulted"] = true;
            await route.FulfillAsync(new() { Response = answer, Body = asset.ToJsonString() });
        }));
        await page.EvaluateAsync("location.hash = '#/vn-dad/thanh-khe/tx/0201'");
        await Expect(page.GetByTestId("asset-faulted")).ToContainTextAsync("set aside");
        await page.UnrouteAllAsync();
        await Expect(page.GetByTestId("asset-faulted")).ToBeHiddenAsync(new() { Timeout = 15_000 });
    }

    [Fact]
    public async Task The_completed_grid_says_how_sure_it_is_and_opens_down_to_what_is_estimated()
    {
        var page = await OpenAsync();
        await page.Locator("#grid").ScrollIntoViewIfNeededAsync();
        var feeders = page.GetByTestId("grid-feeder");
        await Expect(feeders).ToHaveCountAsync(15, new() { Timeout = 120_000 });
        await Expect(feeders.First).ToContainTextAsync(Band());
        await Expect(page.GetByTestId("grid-summary")).ToContainTextAsync("meters fresh");
        await page.GetByTestId("grid-all").ClickAsync();
        await Expect(feeders).ToHaveCountAsync(112);
        await feeders.First.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByTestId("estimate-row").First).ToContainTextAsync(Band());
    }

    /// <summary>A clock a day ahead is seen within a minute, by its name, its offset and what to do about it.</summary>
    [Fact]
    public async Task The_data_quality_of_the_day_names_what_is_wrong_and_what_to_do()
    {
        await city.PublishAsync("mt/v1/vn-dad/thanh-khe/tx/0202/P", "{\"v\":1,\"t\":\"" + DateTimeOffset.UtcNow.AddHours(7).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture) + "\"}");
        var page = await OpenAsync();
        await page.Locator("#quality").ScrollIntoViewIfNeededAsync();
        await Expect(page.GetByTestId("quality-kind")).ToHaveCountAsync(5, new() { Timeout = 60_000 });
        // It is looked at again every minute.
        var clock = page.GetByTestId("finding-clock").GetByRole(AriaRole.Radio);
        await Expect(clock).ToBeVisibleAsync(new() { Timeout = 90_000 });
        await clock.FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await Expect(page.GetByTestId("quality-advice")).ToContainTextAsync("time zone");
        var sensor = page.GetByTestId("quality-sensor").Filter(new() { HasText = "vn-dad/thanh-khe/tx/0202" });
        await Expect(sensor).ToContainTextAsync("+7 hrs", new() { Timeout = 60_000 });
        await sensor.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByTestId("asset-panel")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task An_unknown_device_appears_and_can_be_mapped()
    {
        await city.PublishAsync("mt/v1/vn-dad/gateway-9/V", "229.5");
        var page = await OpenAsync();
        var row = page.GetByTestId("quarantine-row").Filter(new() { HasText = "gateway-9" });
        await Expect(row).ToBeVisibleAsync();
        await row.Locator("summary").First.ClickAsync();
        var form = row.GetByTestId("quarantine-form");
        await form.GetByRole(AriaRole.Textbox).Nth(0).FillAsync("vn-dad/thanh-khe/tx/0201");
        await form.GetByRole(AriaRole.Textbox).Nth(1).FillAsync("V");
        await form.GetByRole(AriaRole.Textbox).Nth(1).PressAsync("Enter");
        await Expect(row).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("ledger-balance")).ToContainTextAsync("balanced");
    }

    [Fact]
    public async Task A_study_is_asked_for_and_its_answer_stands_beside_the_baseline()
    {
        var page = await OpenAsync();
        var faults = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error") faults.Add(message.Text);
        };
        await ComeToAsync(page, "#what-if", page.GetByTestId("study-form"));
        await AddLeverAsync(page, "heatWave");
        await page.GetByTestId("lever-heatWave-deltaC").FillAsync("3");
        await page.GetByTestId("study-futures").FillAsync("4");
        await page.GetByTestId("study-futures").PressAsync("Enter");
        await Expect(page.GetByTestId("answer-name")).ToHaveTextAsync("Heat wave 3 °C", new() { Timeout = 180_000 });
        await Expect(page.GetByTestId("answer-simulated")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("answer-p90")).ToContainTextAsync("P90 = exceeded in 10 % of futures");
        await Expect(page.GetByTestId("answer-criteria")).ToContainTextAsync("Criteria: Viet Nam");
        await Expect(page.GetByTestId("answer-calibration")).ToContainTextAsync(new Regex(@"fitted to [\d,]+ readings of [\d.]+ d, [\d,]+ of [\d,]+ transformers"));
        await Expect(page.GetByTestId("answer-peakMw")).ToContainTextAsync(new Regex(@"MW.*P10.*P90.*MW.*P10.*P90.*\+[\d.]+\sMW"));
        await Expect(page.GetByTestId("answer-carbon")).ToContainTextAsync("not marginal");
        await page.GetByTestId("study-chart").FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.GetByTestId("study-chart")).ToHaveAttributeAsync("aria-valuetext", new Regex(@"^00:15–00:30 \+07 · Baseline [\d.]+\sMW .* · Scenario [\d.]+\sMW"));
        await page.GetByTestId("violation-row").First.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByTestId("asset-panel")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        var row = page.GetByTestId("study-row").Filter(new() { HasText = "Heat wave 3 °C" });
        await row.Locator("summary").ClickAsync();
        await row.GetByTestId("study-remove").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("study-answer")).ToBeHiddenAsync();
        Assert.Empty(faults);
    }

    [Fact]
    public async Task A_study_can_be_stopped_and_one_that_is_refused_says_why_beside_the_form()
    {
        var page = await OpenAsync();
        await ComeToAsync(page, "#what-if", page.GetByTestId("study-form"));
        await AddLeverAsync(page, "outage");
        await page.GetByTestId("lever-outage-element").FillAsync("vn-dad/fdr/none");
        await page.GetByTestId("study-run").ClickAsync();
        await Expect(page.GetByTestId("study-form").GetByTestId("error")).ToContainTextAsync("no line, transformer or feeder 'vn-dad/fdr/none'", new() { Timeout = 60_000 });
        await page.GetByTestId("lever-outage").GetByTestId("lever-remove").ClickAsync();
        await Expect(page.GetByTestId("lever-add")).ToBeFocusedAsync();
        await page.GetByTestId("study-name").FillAsync("Too long");
        await page.GetByTestId("study-futures").FillAsync("1000");
        await page.GetByTestId("study-run").ClickAsync();
        var row = page.GetByTestId("study-row").Filter(new() { HasText = "Too long" });
        await row.GetByTestId("study-stop").ClickAsync();
        await Expect(row.GetByTestId("study-state")).ToContainTextAsync("stopped", new() { Timeout = 60_000 });
        await Expect(page.GetByTestId("study-form").GetByTestId("error")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Studies_with_several_levers_of_a_kind_are_compared_and_taken_away()
    {
        var page = await OpenAsync();
        await ComeToAsync(page, "#what-if", page.GetByTestId("study-form"));
        await page.GetByTestId("study-futures").FillAsync("2");
        await page.GetByTestId("study-from").FillAsync("2026-06-15");
        foreach (var name in (string[])["Two batteries", "Three batteries"])
        {
            // The second stands on the base of the first: the living city has moved on.
            if (name.StartsWith("Three", StringComparison.Ordinal)) await page.GetByTestId("answer-base").ClickAsync();
            for (var rows = page.GetByTestId("lever-battery"); await rows.CountAsync() < (name.StartsWith("Two", StringComparison.Ordinal) ? 2 : 3);) await AddLeverAsync(page, "battery");
            foreach (var input in await page.GetByTestId("lever-battery-at").AllAsync()) await input.FillAsync("vn-dad/fdr/471-thachthang");
            await page.GetByTestId("study-name").FillAsync(name);
            await page.GetByTestId("study-run").ClickAsync();
            await Expect(page.GetByTestId("answer-name")).ToHaveTextAsync(name, new() { Timeout = 180_000 });
        }
        var saved = await page.RunAndWaitForDownloadAsync(() => page.GetByTestId("download-violations.csv").ClickAsync());
        Assert.EndsWith("-violations.csv", saved.SuggestedFilename, StringComparison.Ordinal);
        Assert.StartsWith("element,kind,violation,", await File.ReadAllTextAsync(await saved.PathAsync(), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        foreach (var name in (string[])["Two batteries", "Three batteries"]) await page.GetByTestId("study-row").Filter(new() { HasText = name }).GetByTestId("study-pick").CheckAsync();
        await page.GetByTestId("compare").ClickAsync();
        await Expect(page.GetByTestId("compare-peakMw")).ToContainTextAsync(new Regex(@"MW.*P10.*P90.*MW.*P10.*P90"));
        await Expect(page.GetByTestId("compare-table")).ToContainTextAsync("Three batteries");
    }

    [Fact]
    public async Task What_is_screened_is_chosen_followed_and_shown_and_an_uncertain_figure_has_three_parts()
    {
        var page = await OpenAsync();
        await ComeToAsync(page, "#what-if", page.GetByTestId("study-form"));
        await AddLeverAsync(page, "heatWave");
        await page.GetByTestId("lever-heatWave-deltaC-uncertain").PressAsync("Space");
        await Expect(page.GetByTestId("lever-heatWave-deltaC")).ToBeHiddenAsync();
        await page.GetByTestId("lever-heatWave-deltaC-low").FillAsync("5");
        await page.GetByTestId("lever-heatWave-deltaC-high").FillAsync("6");
        await page.GetByTestId("study-futures").FillAsync("2");
        await page.GetByTestId("study-from").FillAsync("2026-06-15");
        foreach (var screen in (string[])["n1", "hosting", "ageing", "remedies"]) await page.GetByTestId($"study-screen-{screen}").PressAsync("Space");
        // A likely figure below the low one does not leave the page.
        await page.GetByTestId("study-run").ClickAsync();
        await Expect(page.GetByTestId("lever-heatWave-deltaC-likely")).ToBeFocusedAsync();
        await page.GetByTestId("lever-heatWave-deltaC-low").FillAsync("3");
        // The server says what it screens as if it were at it for long.
        await page.RouteAsync("**/api/v1/studies", async route =>
        {
            var answer = await route.FetchAsync();
            if (route.Request.Method == "POST") { await route.FulfillAsync(new() { Response = answer }); return; }
            var studies = JsonNode.Parse(await answer.TextAsync())!;
            (studies["items"]![0]!["state"], studies["items"]![0]!["progress"], studies["items"]![0]!["screening"]) = ("running", 1, "remedies");
            await route.FulfillAsync(new() { Response = answer, Body = studies.ToJsonString() });
        });
        await page.GetByTestId("study-run").ClickAsync();
        var row = page.GetByTestId("study-row").Filter(new() { HasText = "Heat wave 3–4–6 °C" });
        await Expect(row.GetByTestId("study-state")).ToHaveTextAsync("◐ screening: Remedies and what they cost", new() { Timeout = 60_000 });
        await Expect(row.GetByRole(AriaRole.Progressbar)).Not.ToHaveAttributeAsync("value", new Regex(".*"));
        await page.UnrouteAllAsync();
        await Expect(page.GetByTestId("answer-name")).ToHaveTextAsync("Heat wave 3–4–6 °C", new() { Timeout = 180_000 });
        await Expect(page.GetByTestId("answer-changes")).ToContainTextAsync("Warmer by 3 – 4 – 6 °C");

        await Expect(page.GetByTestId("n1-row")).ToHaveCountAsync(20);
        await Expect(page.GetByTestId("n1-row").First).ToContainTextAsync(new Regex(@"[\d,]+ customers[\d.]+\sMWh.*Baseline [\d.]+\sMWh"));
        await Expect(page.GetByTestId("n1")).ToContainTextAsync(new Regex("close tie/.*restores"));
        await page.GetByTestId("n1-all").PressAsync("Enter");
        await Expect(page.GetByTestId("n1-row")).ToHaveCountAsync(500, new() { Timeout = 30_000 });
        await Expect(page.GetByTestId("n1-all")).ToBeHiddenAsync();
        await Expect(page.GetByTestId("n1-shown")).ToContainTextAsync(new Regex(@"500 shown; 500 of [\d,]+ losses listed"));
        await Expect(page.GetByTestId("screening-hosting")).ToContainTextAsync("MV screening");
        await Expect(page.GetByTestId("hosting-row").First).ToContainTextAsync(new Regex(@"MW.*P10.*P90.* in \d futures"));
        await Expect(page.GetByTestId("ageing-row").First).ToContainTextAsync(new Regex(@"P90.*×.*°C"));
        await Expect(page.GetByTestId("remedies-cost")).ToContainTextAsync(new Regex(@"USD in all, prices of 2025"));
        await Expect(page.GetByTestId("remedies-row").First).ToContainTextAsync(new Regex(@"(kVA|open|km|pu)"));
        var saved = await page.RunAndWaitForDownloadAsync(() => page.GetByTestId("download-n1.csv").ClickAsync());
        Assert.StartsWith("element,kind,customers without supply after 5 min,", await File.ReadAllTextAsync(await saved.PathAsync(), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_map_of_the_answer_names_what_is_under_the_pointer()
    {
        Assert.SkipUnless(city.Missing is null, city.Missing ?? "");
        var (browser, page) = await city.OpenDrawingAsync();
        await using var _ = browser;
        await ComeToAsync(page, "#what-if", page.GetByTestId("study-form"));
        await AddLeverAsync(page, "heatWave");
        await page.GetByTestId("study-futures").FillAsync("2");
        await page.GetByTestId("study-run").ClickAsync();
        await Expect(page.GetByTestId("study-map")).ToBeAttachedAsync(new() { Timeout = 180_000 });
        await Expect(page.GetByTestId("download-n1.csv")).ToHaveCountAsync(0);
        await page.GetByTestId("study-map").ScrollIntoViewIfNeededAsync();
        await Expect(page.GetByTestId("study-map").Locator("canvas")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(page.Locator(".study-map .map-status")).ToBeEmptyAsync(new() { Timeout = 60_000 });
        // Somewhere along the middle of the city there is a line or a transformer.
        var box = (await page.GetByTestId("study-map").BoundingBoxAsync())!;
        var pointed = page.Locator(".study-map .map-pointed");
        await UntilAsync(async () =>
        {
            for (var x = 0.2f; x < 0.9f; x += 0.01f)
            {
                await page.Mouse.MoveAsync(box.X + (x * box.Width), box.Y + (box.Height / 2));
                if (Regex.IsMatch((await pointed.TextContentAsync())!, @"^\S+ · loading P90 [\d,]+\s% · in violation in \d+\s% of futures$")) return;
            }
            Assert.Fail($"Nothing is named; the last was '{await pointed.TextContentAsync()}'.");
        });
    }

    [Fact]
    public async Task The_age_of_the_newest_reading_and_the_stream_to_the_page_are_two_signs()
    {
        var page = await OpenAsync(page => page.RouteAsync("**/api/v1/live*", route => route.AbortAsync()));
        await Expect(page.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "polling");
        await Expect(page.GetByTestId("data-age")).ToContainTextAsync(NewestReading());
        await page.UnrouteAllAsync();
        await Expect(page.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "live", Soon);
        await Expect(page.GetByTestId("data-age")).ToContainTextAsync(NewestReading());
        await Expect(page.GetByTestId("no-readings")).ToBeHiddenAsync();
    }

    [Theory]
    [InlineData("2020-11-01T12:00:00+07:00", "No reading has come since 1 Nov 2020 12:00:00 +07.", "newest reading 1 Nov 2020 12:00:00 +07, ")]
    [InlineData(null, "No readings yet.", "no reading yet")]
    public async Task Silence_says_since_when_and_where_devices_send_to(string? lastReading, string said, string age)
    {
        var page = await OpenAsync(async page =>
        {
            await page.RouteAsync("**/api/v1/live*", route => route.AbortAsync());
            await page.RouteAsync("**/api/v1/cities/vn-dad", async route =>
            {
                var answer = await route.FetchAsync();
                var board = JsonNode.Parse(await answer.TextAsync())!;
                board["lastReading"] = lastReading;
                if (lastReading is null) board.AsObject().Remove("lastReading");
                foreach (var kind in board["freshness"]!.AsArray()) kind!["fresh"] = 0;
                await route.FulfillAsync(new() { Response = answer, Body = board.ToJsonString() });
            });
        });
        await Expect(page.GetByTestId("no-readings")).ToContainTextAsync(said);
        await Expect(page.GetByTestId("no-readings")).ToContainTextAsync($"mqtt://localhost:{city.MqttPort}");
        await Expect(page.GetByTestId("data-age")).ToContainTextAsync(age);
        if (lastReading is not null) await Expect(page.GetByTestId("data-age")).ToContainTextAsync("days ago");
    }

    [Fact]
    public async Task Before_anything_has_come_the_page_claims_nothing()
    {
        var page = await OpenAsync(async page =>
        {
            await page.RouteAsync("**/api/v1/live*", route => route.AbortAsync());
            await page.RouteAsync("**/api/v1/cities/vn-dad", route => route.AbortAsync());
            await page.RouteAsync("**/api/v1/ledger", route => route.AbortAsync());
        });
        await Expect(page.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "reconnecting");
        foreach (var section in (string[])["#districts", "#sensors", "#ledger"])
        {
            await Expect(page.Locator(section).GetByTestId("empty")).ToHaveCountAsync(0);
            await Expect(page.Locator(section).GetByRole(AriaRole.Status)).ToBeVisibleAsync();
        }
    }

    [Fact]
    public async Task A_kind_in_quarantine_can_be_thrown_away_after_a_second_thought()
    {
        const string payload = """{"v":229.5,"t":"2099-01-01T00:00:00+07:00"}""";
        await city.PublishAsync("mt/v1/vn-dad/thanh-khe/tx/0201/V", payload);
        var page = await OpenAsync();
        var row = page.GetByTestId("quarantine-row").Filter(new() { HasText = "thanh-khe/tx/0201/V" });
        await Expect(row.GetByTestId("quarantine-dated")).ToHaveTextAsync("1 Jan 2099 00:00:00 +07");
        await Expect(row).ToContainTextAsync(payload);
        await Expect(row.GetByTestId("quarantine-form")).ToHaveCountAsync(0);
        await row.GetByTestId("quarantine-discard").Locator("summary").ClickAsync();
        await Expect(row).ToContainTextAsync("1 readings are thrown away for good");
        await row.GetByTestId("quarantine-discard").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("ledger-balance")).ToContainTextAsync("balanced");
        await Expect(page.Locator("#ledger")).ToContainTextAsync("discarded");
    }

    [Fact]
    public async Task A_wrong_mapping_can_be_taken_back()
    {
        await city.PublishAsync("mt/v1/vn-dad/gateway-7/V", "229.5");
        var page = await OpenAsync();
        var row = page.GetByTestId("quarantine-row").Filter(new() { HasText = "gateway-7" });
        await row.Locator("summary").First.ClickAsync();
        var form = row.GetByTestId("quarantine-form");
        await form.GetByRole(AriaRole.Textbox).Nth(0).FillAsync("vn-dad/thanh-khe/tx/0202");
        await form.GetByRole(AriaRole.Textbox).Nth(1).FillAsync("V");
        await form.GetByRole(AriaRole.Button).ClickAsync();
        var mapping = page.GetByTestId("mapping-row").Filter(new() { HasText = "gateway-7" });
        await Expect(mapping).ToContainTextAsync("vn-dad/thanh-khe/tx/0202 V");
        await mapping.Locator("summary").ClickAsync();
        await Expect(mapping).ToContainTextAsync("keeps its history");
        await mapping.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(mapping).ToHaveCountAsync(0);
        await city.PublishAsync("mt/v1/vn-dad/gateway-7/V", "230.5");
        await Expect(row).ToContainTextAsync("230.5");
    }

    [Fact]
    public async Task The_language_can_be_chosen_and_is_remembered()
    {
        var page = await OpenAsync();
        await page.GetByTestId("language-select").SelectOptionAsync("vi");
        await Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "vi");
        await page.ReloadAsync();
        await Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "vi");
    }

    private async Task<IPage> OpenAsync(Func<IPage, Task>? prepare = null)
    {
        if (city.Missing is { } missing) Assert.Skip(missing);
        return await city.OpenAsync(prepare);
    }

    private static async Task AddLeverAsync(IPage page, string kind)
    {
        await page.GetByTestId("lever-kind").SelectOptionAsync(kind);
        await page.GetByTestId("lever-add").ClickAsync();
    }

    /// <summary>Scrolls to a section that loads when it is seen. What is above may grow meanwhile and push it out of sight again: a person would go on scrolling.</summary>
    private static async Task ComeToAsync(IPage page, string section, ILocator shown)
    {
        for (var attempt = 0; attempt < 10 && !await shown.IsVisibleAsync(); attempt++)
        {
            await page.Locator(section).ScrollIntoViewIfNeededAsync();
            try
            {
                await shown.WaitForAsync(new() { Timeout = 2_000 });
            }
            catch (TimeoutException)
            {
                // Once more.
            }
        }
        await Expect(shown).ToBeVisibleAsync();
    }

    /// <summary>The page's back-off between attempts is up to half a minute.</summary>
    private static LocatorAssertionsToHaveAttributeOptions Soon => new() { Timeout = 45_000 };

    [GeneratedRegex(@"newest reading \d\d:\d\d:\d\d \+07, \d+ secs? ago")]
    private static partial Regex NewestReading();

    [GeneratedRegex(@"\d ± \d")]
    private static partial Regex Band();

    [GeneratedRegex(@"\d")]
    private static partial Regex Figure();
}
