using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Scenarios.Studies;

/// <summary>
/// Flows of a feeder from its loads and voltage magnitudes, one scenario at a time: powers are added up from the ends to the
/// source, which needs no angles. A branch's loading is the larger current of its two ends against the rating. Voltages behind a
/// transformer's tap are referred to the side where its section stands.
/// </summary>
internal sealed class FeederFlows
{
    private readonly int[] parents;
    private readonly Section[] sections;
    private readonly (double G, double B)[] shunts;
    private readonly double[] p, q;

    public FeederFlows(FeederGrid feeder)
    {
        var branches = feeder.Network.Branches;
        (p, q) = (new double[feeder.Buses.Length], new double[feeder.Buses.Length]);
        parents = new int[feeder.Buses.Length];
        sections = new Section[feeder.Buses.Length];
        shunts = [.. feeder.Network.Buses.ShuntG.Zip(feeder.Network.Buses.ShuntB)];
        for (var i = 1; i < parents.Length; i++)
        {
            var b = i - 1;
            // Bus i is fed through branch i − 1.
            var isFrom = branches.From[b] == i;
            parents[i] = isFrom ? branches.To[b] : branches.From[b];
            var (rating, referred) = (Math.Max(branches.RatingFrom[b], branches.RatingTo[b]), 1 / (branches.Ratio[b] * branches.Ratio[b]));
            sections[i] = new(branches.R[b], branches.X[b], branches.G[b] / 2, branches.B[b] / 2, rating > 0 ? 1 / (rating * rating) : 0, isFrom ? referred : 1, isFrom ? 1 : referred);
        }
    }

    /// <summary>Writes the square of every branch's loading (share of its rating) and gives what enters at the source, pu.</summary>
    /// <param name="loadP">Constant power drawn at each bus.</param>
    /// <param name="loadQ">Reactive likewise.</param>
    /// <param name="vm">Voltages that solve it, 0 where unserved.</param>
    /// <param name="loadingSquared">One a branch.</param>
    public (double P, double Q) Run(ReadOnlySpan<double> loadP, ReadOnlySpan<double> loadQ, ReadOnlySpan<double> vm, Span<double> loadingSquared)
    {
        loadP.CopyTo(p);
        loadQ.CopyTo(q);
        for (var i = parents.Length - 1; i > 0; i--)
        {
            var parent = parents[i];
            var (u, above) = (vm[i] * vm[i], vm[parent] * vm[parent]);
            if (u == 0)
            {
                loadingSquared[i - 1] = 0;
                continue;
            }
            ref readonly var z = ref sections[i];
            var (uReferred, aboveReferred) = (u * z.Far, above * z.Near);
            // At the far end: what the bus takes with its own shunt, and half of the branch's.
            var (farP, farQ) = (p[i] + (shunts[i].G * u), q[i] - (shunts[i].B * u));
            var (seriesP, seriesQ) = (farP + (z.HalfG * uReferred), farQ - (z.HalfB * uReferred));
            var far = ((farP * farP) + (farQ * farQ)) / u;
            var l = ((seriesP * seriesP) + (seriesQ * seriesQ)) / uReferred;
            var (nearP, nearQ) = (seriesP + (z.R * l) + (z.HalfG * aboveReferred), seriesQ + (z.X * l) - (z.HalfB * aboveReferred));
            var near = ((nearP * nearP) + (nearQ * nearQ)) / above;
            loadingSquared[i - 1] = Math.Max(near, far) * z.Reciprocal;
            p[parent] += nearP;
            q[parent] += nearQ;
        }
        return (p[0], q[0]);
    }

    /// <summary>The branch that feeds a bus.</summary>
    /// <param name="Reciprocal">1/rating², 0 without a rating.</param>
    /// <param name="Far">What the square of the bus's voltage is times, referred to the section.</param>
    /// <param name="Near">The same of the parent's.</param>
    private readonly record struct Section(double R, double X, double HalfG, double HalfB, double Reciprocal, double Far, double Near);
}
