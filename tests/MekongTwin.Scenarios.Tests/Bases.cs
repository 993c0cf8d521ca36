using System.Collections.Immutable;
using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;
using MekongTwin.Engines.Demand.Calibration;
using MekongTwin.Engines.PowerFlow.Import.Cities;
using MekongTwin.Engines.Tests.PowerFlow.Completion;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Tests.Screening;

namespace MekongTwin.Scenarios.Tests;

/// <summary>Bases of generated cities, as their customers are assumed to take.</summary>
internal static class Bases
{
    public static StudyBase Of(int seed = 1, int feeders = 3, int transformersAFeeder = 12)
    {
        var (network, assets) = CityGrids.Describe(seed, feeders, transformersAFeeder);
        return Of(network, assets, CountryRules.Find("VN")!);
    }

    public static StudyBase Of(Network network, ImmutableArray<Asset> assets, CountryRules rules)
    {
        var grid = CityGrid.Of(network, assets);
        var elements = new CityElements(grid, number => assets[number]);
        var facts = Enumerable.Range(0, grid.Transformers.Length).Select(t => new LoadFacts(elements.Transformers[t].RatingKva, grid.FeederOfBus[grid.BusOf(t)], network.CustomersOfTransformer[grid.Transformers[t]])).ToArray();
        var first = new DateTime(2026, 6, 1);
        var demand = Calibrator.Calibrate(new DemandModel { Place = ClimateNormals.DaNang.Place }, facts, new(first, Quarters.ADay, facts.Length), new WeatherGenerator(ClimateNormals.DaNang, 0).Generate(0, DateOnly.FromDateTime(first), 1));
        return new("city", new DateTimeOffset(2026, 6, 2, 14, 0, 0, TimeSpan.FromHours(7)), "0", elements, demand, ClimateNormals.DaNang, rules, [.. facts.Select(static fact => 3.5 * fact.Customers[0])], new(0, 0, 0, facts.Length, 0, false));
    }

    /// <summary>A city with open points between its feeders, whose lines carry so little that the limits of a restoration bind.</summary>
    public static StudyBase Switched(int seed, CountryRules rules)
    {
        var (network, assets) = SwitchedGrids.Describe(seed);
        return Of(network with { Conductors = [.. network.Conductors.Select(static of => of with { RatingA = 0.3 * of.RatingA })] }, assets, rules);
    }

    /// <summary>The same city under other rules.</summary>
    public static StudyBase With(StudyBase city, CountryRules rules) => new(city.City, city.AsOf, city.Cut, city.Elements, city.Demand, city.Climate, rules, city.People, city.Calibration);

    public static Scenario Ask(params Lever[] levers) => new("test", "city") { Days = 2, Futures = 4, Seed = 7, Levers = [.. levers] };
}
