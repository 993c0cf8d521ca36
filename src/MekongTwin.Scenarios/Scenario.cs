using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MekongTwin.Engines.Demand;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;

namespace MekongTwin.Scenarios;

/// <summary>
/// A question about a city's future: what it starts from, the levers that are moved, how long, how many futures and the seed of
/// their draws. The same scenario on the same base gives the same bytes.
/// </summary>
public sealed record Scenario(string Name, string City)
{
    /// <summary>Two leap years short of eleven: what ten years of yearly growth need.</summary>
    public const int DaysMax = 3660;

    public const int FuturesMax = 1000;

    /// <summary>Days times futures: a hundred years of weather for one year of days, or ten of them for ten years.</summary>
    public const long FutureDaysMax = 36_600;

    /// <summary>The instant to branch at; null is now.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>First day in the city's zone; null is the day of the instant.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Whole days of 15-minute steps.</summary>
    public int Days { get; init; } = 1;

    /// <summary>Draws of weather and behaviour, each for the whole city.</summary>
    public int Futures { get; init; } = 100;

    public long Seed { get; init; } = 1;

    public ImmutableArray<Lever> Levers { get; init; } = [];

    /// <summary>What is screened beside the violations.</summary>
    [JsonPropertyName("screen")]
    public ImmutableArray<Screen> Screens { get; init; } = [];

    /// <summary>The same with its estimates as they turn out in one future: one draw of each for the whole city.</summary>
    internal Scenario Drawn(int future) => this with { Levers = [.. Levers.Select((lever, i) => lever.Drawn(new(new Draw(Seed, future), i)))] };
}
