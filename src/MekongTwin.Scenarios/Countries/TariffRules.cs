using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Scenarios.Countries;

/// <summary>Hours of the clock on some kinds of days.</summary>
/// <param name="Days">On which.</param>
/// <param name="FromHour">0 to 24, whole quarters of an hour.</param>
/// <param name="ToHour">Later than that.</param>
public sealed record TariffHours(ImmutableArray<DayKind> Days, double FromHour, double ToHour);

/// <summary>When energy is dear and when it is cheap, from a day on until the next of the country's tariffs begins.</summary>
/// <param name="Name">Printed with the answer.</param>
/// <param name="Source">Where the hours are from, and what is assumed.</param>
/// <param name="From">First day.</param>
/// <param name="Customers">Who pays by these hours.</param>
/// <param name="Peak">Dear.</param>
/// <param name="OffPeak">Cheap; what is neither is priced as usual.</param>
public sealed record TariffRules(string Name, string Source, DateOnly From, ImmutableArray<CustomerClass> Customers, ImmutableArray<TariffHours> Peak, ImmutableArray<TariffHours> OffPeak)
{
    /// <summary>Quarters of an hour that are dear, or cheap, on a kind of day.</summary>
    internal static int[] StepsOf(ImmutableArray<TariffHours> hours, DayKind day) =>
        [.. Enumerable.Range(0, Quarters.ADay).Where(step => hours.Any(of => of.Days.Contains(day) && step >= of.FromHour * 4 && step < of.ToHour * 4))];
}
