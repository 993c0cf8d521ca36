using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Completion;
using MekongTwin.Engines.PowerFlow.Import.Cities;
using MekongTwin.Engines.PowerFlow.Sweep;

namespace MekongTwin.Engines.Tests.PowerFlow.Completion;

/// <summary>A city as it truly is at an instant, from a seed, and what its meters tell of it.</summary>
internal sealed class Truth
{
    /// <summary>Of a head's meter, and of its voltage channel: it errs within this share, evenly.</summary>
    public const double HeadError = 0.005;
    public const double VoltageError = 0.004;

    private readonly Random random;

    /// <param name="grid">The city.</param>
    /// <param name="seed">The same seed, the same instant.</param>
    /// <param name="meteredShare">Share of the transformers whose meters have just reported.</param>
    /// <param name="hour">Local hour.</param>
    public Truth(CityGrid grid, int seed, double meteredShare, double hour = 14)
    {
        random = new(seed);
        Grid = grid;
        var (transformers, feeders) = (grid.Transformers.Length, grid.Feeders.Length);
        (P, Q, Loads, Heads) = (new double[transformers], new double[transformers], new(transformers), new(feeders));
        var levels = Enumerable.Range(0, feeders).Select(_ => Math.Exp(0.3 * Normal())).ToArray();
        var expected = new LoadEvidence(1);
        for (var t = 0; t < transformers; t++)
        {
            var rating = grid.Network.Branches.RatingFrom[grid.BranchOf(t)] * 1000;
            var expectation = new LoadExpectation(rating, grid.City.CustomersOfTransformer[grid.Transformers[t]]);
            expectation.Write(expected, 0, LoadReading.None, hour, 1000);
            var spread = Math.Sqrt(expected.VarianceP[0]) / expected.P[0];
            P[t] = Math.Min(1.4 * rating / 1000, expected.P[0] * levels[grid.FeederOfBus[grid.BusOf(t)]] * LogNormal(spread));
            Q[t] = P[t] * expected.Q[0] / expected.P[0] * LogNormal(0.12);
            var reading = random.NextDouble() < meteredShare ? new LoadReading(P[t] * Meter(0.005) * 1000, Q[t] * Meter(0.005) * 1000, 0, true) : LoadReading.None;
            expectation.Write(Loads, t, reading, hour, 1000);
        }
        Solution = Solve(grid, P, Q);
        for (var f = 0; f < feeders; f++)
        {
            var bus = grid.Heads[f];
            (Heads.P[f], Heads.Q[f], Heads.Vm[f]) = (Solution.SourceP[bus] * Meter(HeadError), Solution.SourceQ[bus] * Meter(HeadError), Meter(VoltageError));
            (Heads.VarianceP[f], Heads.VarianceQ[f], Heads.VarianceVm[f]) = (Square(Heads.P[f] * HeadError) / 3, Square(Heads.Q[f] * HeadError) / 3, Square(VoltageError) / 3);
        }
    }

    public CityGrid Grid { get; }

    public double[] P { get; }

    public double[] Q { get; }

    public LoadEvidence Loads { get; }

    public HeadEvidence Heads { get; }

    public Solution Solution { get; }

    public static StateCompletion CompletionOf(CityGrid grid) =>
        StateCompletion.Of(grid.Network, [.. Enumerable.Range(0, grid.Transformers.Length).Select(grid.BusOf)], out var reason) ?? throw new InvalidOperationException(reason);

    public static Solution Solve(CityGrid grid, double[] p, double[] q)
    {
        var loads = new Loads(grid.Network.Buses.Count);
        for (var t = 0; t < p.Length; t++) (loads.PowerP[grid.BusOf(t)], loads.PowerQ[grid.BusOf(t)]) = (p[t], q[t]);
        return RadialSweep.Of(grid.Network.With(loads), out _)!.Solve(new SweepOptions { TolerancePu = 1e-12 });
    }

    private static double Square(double value) => value * value;

    private double Meter(double error) => 1 + (error * ((2 * random.NextDouble()) - 1));

    /// <summary>Of mean 1 and a standard deviation.</summary>
    private double LogNormal(double spread)
    {
        var sigma = Math.Sqrt(Math.Log(1 + (spread * spread)));
        return Math.Exp((sigma * Normal()) - (sigma * sigma / 2));
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
