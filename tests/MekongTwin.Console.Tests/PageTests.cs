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
        await Expect(page.GetByTestId("district-row")).ToHaveCountAsync(7);
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
    }

    [Fact]
    public async Task An_unknown_device_appears_and_can_be_mapped()
    {
        await city.PublishAsync("mt/v1/vn-dad/gateway-9/V", "229.5");
        var page = await OpenAsync();
        var row = page.GetByTestId("quarantine-row").Filter(new() { HasText = "gateway-9" });
        await Expect(row).ToBeVisibleAsync();
        await row.Locator("summary").ClickAsync();
        var form = row.GetByTestId("quarantine-form");
        await form.GetByRole(AriaRole.Textbox).Nth(0).FillAsync("vn-dad/thanh-khe/tx/0201");
        await form.GetByRole(AriaRole.Textbox).Nth(1).FillAsync("V");
        await form.GetByRole(AriaRole.Textbox).Nth(1).PressAsync("Enter");
        await Expect(row).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("ledger-balance")).ToContainTextAsync("balanced");
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

    private async Task<IPage> OpenAsync()
    {
        if (city.Missing is { } missing) Assert.Skip(missing);
        return await city.OpenAsync();
    }

    [GeneratedRegex(@"\d")]
    private static partial Regex Figure();
}
