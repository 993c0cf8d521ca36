using MekongTwin.Engines.Ageing;
using MekongTwin.Scenarios.Countries;

namespace MekongTwin.Scenarios.Studies;

/// <summary>The ageing of a feeder's transformers over a stretch of days, which begins in the steady state of its first step. A step without a solution does not age.</summary>
internal sealed class FeederLife
{
    private const double StepMinutes = 24.0 * 60 / IFutureLoads.Steps;

    /// <summary>A stretch counts no more hours than this, so that even a transformer that burns leaves a number.</summary>
    public const double HoursMax = 1e9;

    private readonly int[] places, branches;
    private readonly TransformerAgeing ageing;
    private bool begun;

    public FeederLife(FeederGrid feeder, bool[] isLine, AgeingRules rules)
    {
        places = [.. Enumerable.Range(0, feeder.Branches.Length).Where(b => !isLine[feeder.Branches[b]])];
        branches = [.. places.Select(b => feeder.Branches[b])];
        ageing = new(places.Length, ThermalModel.Distribution, rules.Insulation, StepMinutes);
    }

    public void Begin() => begun = false;

    /// <param name="airC">Temperature of the air, °C.</param>
    /// <param name="loadingSquared">Of each branch of the feeder.</param>
    public void Advance(double airC, ReadOnlySpan<double> loadingSquared)
    {
        var loads = ageing.LoadSquared;
        for (var i = 0; i < places.Length; i++) loads[i] = loadingSquared[places[i]];
        if (!begun) ageing.Begin(airC);
        begun = true;
        ageing.Advance(airC);
    }

    public void End(ElementTally elements)
    {
        if (!begun) return;
        for (var i = 0; i < branches.Length; i++)
        {
            elements.LostMicroHours[branches[i]] = (long)Math.Round(1e6 * Math.Min(HoursMax, ageing.LostHours[i]));
            elements.HottestC[branches[i]] = (float)ageing.HighestC[i];
        }
    }
}
