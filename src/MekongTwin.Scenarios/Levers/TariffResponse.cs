using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;
using MekongTwin.Scenarios.Countries;

namespace MekongTwin.Scenarios.Levers;

/// <summary>What the tariff hours of a country make of loads: see <see cref="TariffShift"/>. Read by many threads.</summary>
/// <param name="rules">The country's tariffs, ascending.</param>
/// <param name="calendar">Kinds of days.</param>
/// <param name="share">Of what a customer takes in dear hours, 0 to 1.</param>
/// <param name="loads">The city's loads: of each moves the part that its paying customers take of it, as they stand to the others without cooling. Its kvar stay.</param>
internal sealed class TariffResponse(IReadOnlyList<TariffRules> rules, DayCalendar calendar, double share, FactorLoads loads)
{
    private readonly (TariffRules Rules, Dictionary<DayKind, (int[] Peak, int[] OffPeak)> Steps, double[] SharesOf)[] tariffs =
    [
        .. rules.Select(rules => (
            rules,
            Enum.GetValues<DayKind>().ToDictionary(static day => day, day => (TariffRules.StepsOf(rules.Peak, day), TariffRules.StepsOf(rules.OffPeak, day))),
            Enumerable.Range(0, loads.Count).Select(load => share * PayingOf(loads, load, rules)).ToArray())),
    ];

    /// <summary>Moves a load's day, kW.</summary>
    public void Move(int load, DateOnly day, Span<double> kw)
    {
        var t = tariffs.Length - 1;
        while (t >= 0 && tariffs[t].Rules.From > day) t--;
        if (t < 0) return;
        var (peak, offPeak) = tariffs[t].Steps[calendar.KindOf(day)];
        if (peak.Length == 0 || offPeak.Length == 0) return;
        var taken = 0.0;
        foreach (var step in peak)
        {
            var less = tariffs[t].SharesOf[load] * Math.Max(0, kw[step]);
            (kw[step], taken) = (kw[step] - less, taken + less);
        }
        foreach (var step in offPeak) kw[step] += taken / offPeak.Length;
    }

    private static double PayingOf(FactorLoads loads, int load, TariffRules rules)
    {
        var (paying, all) = (0.0, 0.0);
        foreach (var customers in Enum.GetValues<CustomerClass>())
        {
            var kw = Math.Max(0, loads.P(load, Factor.Base(customers)));
            all += kw;
            if (rules.Customers.Contains(customers)) paying += kw;
        }
        return all > 0 ? paying / all : 0;
    }
}
