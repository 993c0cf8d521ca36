namespace MekongTwin.Engines.PowerFlow;

/// <summary>From voltages to everything else: branch flows, losses, loading, what sources bring and what is left over at each bus.
/// It knows nothing of how the voltages were found, so it also judges them.</summary>
public static class Flows
{
    /// <param name="network">The network the voltages belong to.</param>
    /// <param name="loads">What is drawn, in place of the network's own.</param>
    /// <param name="vm">Magnitudes, pu; kept. Set to 0 where unserved.</param>
    /// <param name="va">Angles, rad; kept. Set to 0 where unserved.</param>
    /// <param name="converged">What the solver says; what leaves a mismatch that is no number has not converged.</param>
    /// <param name="iterations">What the solver took.</param>
    public static Solution Of(Network network, Loads loads, double[] vm, double[] va, bool converged, int iterations) =>
        Of(network, loads, vm, va, converged, iterations, network.SolvedAs, network.GenerationQ);

    /// <summary>The same where generators at their reactive limits gave up a voltage.</summary>
    internal static Solution Of(Network network, Loads loads, double[] vm, double[] va, bool converged, int iterations, BusType[] types, double[] generationQ)
    {
        var (buses, branches, served) = (network.Buses, network.Branches, network.Served);
        var generationP = network.GenerationP;
        var (drawnP, drawnQ) = (new double[buses.Count], new double[buses.Count]);
        var (fromP, fromQ) = (new double[branches.Count], new double[branches.Count]);
        var (toP, toQ) = (new double[branches.Count], new double[branches.Count]);
        var loading = new double[branches.Count];
        var (lossesP, lossesQ) = (0.0, 0.0);
        for (var i = 0; i < buses.Count; i++)
        {
            if (!served[i]) (vm[i], va[i]) = (0, 0);
        }
        for (var k = 0; k < branches.Count; k++)
        {
            var (f, t) = (branches.From[k], branches.To[k]);
            if (branches.InService[k] && served[f] && served[t])
            {
                var y = Admittance.Of(branches, k);
                var (sin, cos) = Math.SinCos(va[f] - va[t]);
                var (square, product) = (vm[f] * vm[f], vm[f] * vm[t]);
                fromP[k] = (y.FfG * square) + (product * ((y.FtG * cos) + (y.FtB * sin)));
                fromQ[k] = (-y.FfB * square) + (product * ((y.FtG * sin) - (y.FtB * cos)));
                square = vm[t] * vm[t];
                toP[k] = (y.TtG * square) + (product * ((y.TfG * cos) - (y.TfB * sin)));
                toQ[k] = (-y.TtB * square) - (product * ((y.TfG * sin) + (y.TfB * cos)));
                lossesP += fromP[k] + toP[k];
                lossesQ += fromQ[k] + toQ[k];
                (drawnP[f], drawnQ[f]) = (drawnP[f] + fromP[k], drawnQ[f] + fromQ[k]);
                (drawnP[t], drawnQ[t]) = (drawnP[t] + toP[k], drawnQ[t] + toQ[k]);
            }
            loading[k] = Math.Max(
                Loading(network.LoadingBy, fromP[k], fromQ[k], vm[f], branches.RatingFrom[k]),
                Loading(network.LoadingBy, toP[k], toQ[k], vm[t], branches.RatingTo[k]));
        }

        var (sourceP, sourceQ) = (new double[buses.Count], new double[buses.Count]);
        var (residual, worst) = (0.0, -1);
        for (var i = 0; i < buses.Count; i++)
        {
            if (!served[i]) continue;
            var (v, square) = (vm[i], vm[i] * vm[i]);
            drawnP[i] += loads.PowerP[i] + (loads.CurrentP[i] * v) + ((loads.ImpedanceP[i] + buses.ShuntG[i]) * square);
            drawnQ[i] += loads.PowerQ[i] + (loads.CurrentQ[i] * v) + ((loads.ImpedanceQ[i] - buses.ShuntB[i]) * square);
            sourceP[i] = types[i] == BusType.Slack ? drawnP[i] : generationP[i];
            sourceQ[i] = types[i] == BusType.PQ ? generationQ[i] : drawnQ[i];
            var mismatch = Math.Max(Math.Abs(sourceP[i] - drawnP[i]), Math.Abs(sourceQ[i] - drawnQ[i]));
            if (worst < 0 || mismatch > residual || (double.IsNaN(mismatch) && !double.IsNaN(residual))) (residual, worst) = (mismatch, i);
        }

        return new Solution
        {
            Converged = converged && double.IsFinite(residual),
            Iterations = iterations,
            Residual = residual,
            WorstBus = worst,
            Vm = vm,
            Va = va,
            Unserved = Array.ConvertAll(served, static alive => !alive),
            FromP = fromP,
            FromQ = fromQ,
            ToP = toP,
            ToQ = toQ,
            LoadingPercent = loading,
            SourceP = sourceP,
            SourceQ = sourceQ,
            LossesP = lossesP,
            LossesQ = lossesQ,
        };
    }

    private static double Loading(LoadingBy by, double p, double q, double vm, double rating)
    {
        if (rating == 0) return double.NaN;
        var power = Math.Sqrt((p * p) + (q * q));
        return 100 * (by == LoadingBy.ApparentPower || power == 0 ? power : power / vm) / rating;
    }
}
