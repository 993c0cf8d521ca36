using MekongTwin.Api;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Host.Grid;

/// <summary>
/// What was estimated of a city's assets over the last day, the first state of each quarter of an hour. Derived, so it is in memory
/// alone, some 20 MB for 4,000 transformers, and begins anew with the program. Thread-safe.
/// </summary>
internal sealed class EstimateHistory
{
    /// <summary>Quarters of an hour that are kept.</summary>
    public const int QuartersMax = 96;

    private readonly Dictionary<(int Asset, string Metric), Step[]> steps = [];
    private readonly long[] timesUs = new long[QuartersMax];
    private long newest = long.MinValue;

    /// <summary>Takes a state in; one of a quarter that has its state already is passed over.</summary>
    public void Add(GridState state)
    {
        var quarter = state.TimeUs / Instant.Quarter;
        lock (steps)
        {
            if (quarter <= newest) return;
            newest = quarter;
            timesUs[quarter % QuartersMax] = state.TimeUs;
            foreach (var (asset, values) in state.Assets)
            {
                foreach (var (metric, estimate) in values)
                {
                    if (!steps.TryGetValue((asset, metric), out var own)) steps[(asset, metric)] = own = new Step[QuartersMax];
                    own[quarter % QuartersMax] = new((int)quarter, (float)estimate.Value, (float)estimate.PlusMinus);
                }
            }
        }
    }

    /// <summary>Oldest first; a quarter in which the asset was measured, or its feeder not solved, is not there.</summary>
    public IReadOnlyList<PastEstimate> Find(int asset, string metric)
    {
        lock (steps)
        {
            if (!steps.TryGetValue((asset, metric), out var own)) return [];
            return [.. own.Where(step => step.Quarter > newest - QuartersMax).OrderBy(step => step.Quarter).Select(step => new PastEstimate(timesUs[step.Quarter % QuartersMax], Rounded(step.Value), Rounded(step.PlusMinus)))];
        }
    }

    private static double Rounded(float value) => Math.Round(value, 3);

    private readonly record struct Step(int Quarter, float Value, float PlusMinus);
}
