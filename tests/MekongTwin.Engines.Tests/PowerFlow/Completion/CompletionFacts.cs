using MekongTwin.Engines.PowerFlow.Completion;
using MekongTwin.Engines.PowerFlow.Import.Cities;

namespace MekongTwin.Engines.Tests.PowerFlow.Completion;

/// <summary>What a completed state is on cities whose truth is known.</summary>
public sealed class CompletionFacts
{
    /// <summary>Half the width of a normal 90 % band.</summary>
    private const double Band90 = 1.6449;

    private static readonly CityGrid City = CityGrids.Of(1, 6, 36);

    [Fact]
    public void WhatIsMeasuredExactlyIsSolvedAsTheSweepSolvesIt()
    {
        var truth = new Truth(City, 3, meteredShare: 1);
        for (var t = 0; t < truth.P.Length; t++)
        {
            (truth.Loads.P[t], truth.Loads.Q[t], truth.Loads.VarianceP[t], truth.Loads.CovariancePQ[t], truth.Loads.VarianceQ[t]) = (truth.P[t], truth.Q[t], 0, 0, 0);
        }
        Array.Fill(truth.Heads.Vm, 1.0);
        var state = Complete(truth);
        for (var bus = 0; bus < state.Vm.Length; bus++) Assert.Equal(truth.Solution.Vm[bus], state.Vm[bus], 1e-9);
        for (var branch = 0; branch < state.BranchP.Length; branch++)
        {
            Assert.Equal(truth.Solution.FromP[branch], state.BranchP[branch], 0.002);
            if (!double.IsNaN(state.LoadingPercent[branch])) Assert.Equal(truth.Solution.LoadingPercent[branch], state.LoadingPercent[branch], 0.5);
        }
        Assert.Equal(truth.Solution.LossesP, state.Feeders.Sum(feeder => feeder.LossesP), 1e-8);
        Assert.All(state.Feeders, feeder => Assert.True(feeder is { Converged: true, ExcessP: 0 }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.6)]
    [InlineData(1)]
    public void AHeadIsTheSumOfItsLoadsAndLosses(double meteredShare)
    {
        var truth = new Truth(City, 4, meteredShare);
        var state = Complete(truth);
        for (var f = 0; f < City.Feeders.Length; f++)
        {
            ref var feeder = ref state.Feeders[f];
            Assert.Equal(feeder.P, Below(state.P, f) + feeder.LossesP, 1e-9);
            Assert.Equal(feeder.Q, Below(state.Q, f) + feeder.LossesQ, 1e-9);
            Assert.True(Math.Abs(feeder.ResidualP) < 3.3 * Math.Sqrt(truth.Heads.VarianceP[f]), $"feeder {f}: measured {truth.Heads.P[f]}, completed {feeder.P}");
            Assert.InRange(feeder.LossesP, 0, 0.1 * feeder.P);
            Assert.Equal((true, 0.0), (feeder.Converged, feeder.ExcessP));
        }
    }

    [Fact]
    public void WhatIsOnlyExpectedIsSharedOutAsItStandsToEachOther()
    {
        var truth = new Truth(City, 5, meteredShare: 0);
        var before = Complete(truth);
        var (first, other) = (before.P[0] / truth.Loads.P[0], before.P[1] / truth.Loads.P[1]);
        Assert.Equal(1, first / other, 0.15);
        for (var f = 0; f < City.Feeders.Length; f++) truth.Heads.P[f] *= 1.2;
        var after = Complete(truth);
        Assert.Equal(1.2, after.P.Sum() / before.P.Sum(), 0.01);
    }

    [Fact]
    public void WhatIsExpectedGoesByRatingAndCustomersAndIsDoubtedAsFarAsTheyDiffer()
    {
        var evidence = new LoadEvidence(3);
        foreach (var (i, households) in (ReadOnlySpan<(int, int)>)[(0, 0), (1, 1), (2, 1000)]) new LoadExpectation(400, [households]).Write(evidence, i, LoadReading.None, 14, 1000);
        Assert.Equal(evidence.P[0], evidence.P[1], 1e-12);
        Assert.Equal(Math.Sqrt(0.9 / 0.35), evidence.P[2] / evidence.P[0], 1e-12);
        var (few, many) = (Math.Sqrt(evidence.VarianceP[0]) / evidence.P[0], Math.Sqrt(evidence.VarianceP[2]) / evidence.P[2]);
        Assert.Equal(Math.Sqrt((0.4 * 0.4) + (0.7 * 0.7)), few, 1e-12);
        Assert.Equal(Math.Sqrt((0.4 * 0.4) + Math.Pow(Math.Log(0.9 / 0.35) / 2, 2) + (0.7 * 0.7 / 1000)), many, 1e-12);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    [InlineData(0.8)]
    public void TheBandsHoldTheTruthAsOftenAsTheySay(double meteredShare)
    {
        var (loads, voltages, lines, heads) = (new Coverage(), new Coverage(), new Coverage(), new Coverage());
        for (var seed = 0; seed < 60; seed++)
        {
            var truth = new Truth(City, 1000 + seed, meteredShare, hour: 24.0 * seed / 60);
            var state = Complete(truth);
            for (var t = 0; t < truth.P.Length; t++)
            {
                if (!truth.Loads.Metered[t]) loads.Add(truth.P[t], state.P[t], state.SdP[t]);
                voltages.Add(truth.Solution.Vm[City.BusOf(t)], state.Vm[City.BusOf(t)], state.SdVm[City.BusOf(t)]);
            }
            for (var line = 0; line < City.City.Lines.Length; line++)
            {
                if (!double.IsNaN(state.LoadingPercent[line])) lines.Add(truth.Solution.LoadingPercent[line], state.LoadingPercent[line], state.SdLoadingPercent[line]);
            }
            for (var f = 0; f < City.Feeders.Length; f++) heads.Add(truth.Solution.SourceP[f], state.Feeders[f].P, state.Feeders[f].SdP);
        }
        string Say() => $"loads {loads}, voltages {voltages}, lines {lines}, heads {heads}";
        Assert.True(loads.Share is > 0.89 and < 0.96, Say());
        Assert.True(voltages.Share is > 0.88 and < 0.97, Say());
        Assert.True(lines.Share is > 0.88 and < 0.96, Say());
        Assert.True(heads.Share is > 0.86, Say());
        TestContext.Current.TestOutputHelper?.WriteLine(Say());
    }

    /// <summary>The uncertainties against the whole covariance matrix, conditioned on the head, and the network's own slopes by differences.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void UncertaintiesAreThoseOfTheWholeCovariance(bool withHead)
    {
        var grid = CityGrids.Of(2, 1, 15);
        var truth = new Truth(grid, 11, 0.4);
        // Hardly a load, so that the slopes by differences are those of the lossless network; and an exact busbar.
        for (var t = 0; t < truth.P.Length; t++)
        {
            foreach (var of in (double[][])[truth.Loads.P, truth.Loads.Q, truth.Loads.ShareP, truth.Loads.ShareQ]) of[t] *= 1e-6;
            foreach (var of in (double[][])[truth.Loads.VarianceP, truth.Loads.CovariancePQ, truth.Loads.VarianceQ]) of[t] *= 1e-12;
        }
        var none = Truth.Solve(grid, new double[truth.P.Length], new double[truth.P.Length]);
        (truth.Heads.P[0], truth.Heads.Q[0], truth.Heads.Vm[0], truth.Heads.VarianceVm[0]) = (withHead ? none.SourceP[0] + truth.Loads.P.Sum() : double.NaN, withHead ? none.SourceQ[0] + truth.Loads.Q.Sum() : double.NaN, 1, 0);
        (truth.Heads.VarianceP[0], truth.Heads.VarianceQ[0]) = (1e-18, 2e-18);
        var state = Complete(truth);
        var covariance = Whole.Covariance(truth.Loads, truth.Heads, withHead);
        for (var t = 0; t < truth.P.Length; t++)
        {
            Near(Math.Sqrt(covariance[t, t]), state.SdP[t], 1e-4);
            Near(Math.Sqrt(covariance[t + truth.P.Length, t + truth.P.Length]), state.SdQ[t], 1e-4);
        }
        var slopes = Whole.VoltageSlopes(grid, 1e-3);
        for (var bus = 1; bus < state.Vm.Length; bus++) Near(Whole.Deviation(slopes, bus, covariance), state.SdVm[bus], 0.02);

        static void Near(double expected, double value, double share) => Assert.InRange(value, expected * (1 - share) - 1e-15, expected * (1 + share) + 1e-15);
    }

    [Fact]
    public void WithoutHeadsTheBandsAreWiderAndMeteredLoadsKeepTheirs()
    {
        var truth = new Truth(City, 6, meteredShare: 0.5);
        var with = Complete(truth);
        for (var f = 0; f < City.Feeders.Length; f++) (truth.Heads.P[f], truth.Heads.Q[f]) = (double.NaN, double.NaN);
        var without = Complete(truth);
        for (var t = 0; t < truth.P.Length; t++)
        {
            Assert.True(without.SdP[t] >= with.SdP[t] - 1e-12);
            if (truth.Loads.Metered[t]) Assert.InRange(without.P[t], truth.P[t] * 0.994, truth.P[t] * 1.006);
        }
        Assert.All(without.Feeders, feeder => Assert.True(feeder.SdP > 0.02 && double.IsNaN(feeder.ResidualP)));
    }

    [Fact]
    public void MetersThatComeToMoreThanTheirHeadAreNamedWithHowMuch()
    {
        var truth = new Truth(City, 7, meteredShare: 1);
        var (wrong, amount) = (2, 0.3);
        var transformer = Enumerable.Range(0, truth.P.Length).First(t => City.FeederOfBus[City.BusOf(t)] == wrong);
        truth.Loads.P[transformer] += amount;
        var state = Complete(truth);
        Assert.Equal(amount, state.Feeders[wrong].ExcessP, 0.06);
        Assert.All(Others(state, wrong), feeder => Assert.Equal(0, feeder.ExcessP));
        // The meters are believed, the head is not.
        Assert.Equal(Below(truth.Loads.P, wrong), Below(state.P, wrong), 1e-9);
        truth.Loads.P[transformer] -= 2 * amount;
        Assert.Equal(-amount, Complete(truth).Feeders[wrong].ExcessP, 0.06);
    }

    [Fact]
    public void AFeederThatCollapsesLeavesTheOthersTheirBits()
    {
        var truth = new Truth(City, 8, meteredShare: 1);
        var whole = Complete(truth);
        var transformer = Enumerable.Range(0, truth.P.Length).First(t => City.FeederOfBus[City.BusOf(t)] == 1);
        (truth.Loads.P[transformer], truth.Heads.P[1]) = (500, double.NaN);
        var state = Complete(truth);
        Assert.False(state.Feeders[1].Converged);
        Assert.Equal(Others(whole, 1), Others(state, 1));
        for (var bus = 0; bus < state.Vm.Length; bus++)
        {
            if (City.FeederOfBus[bus] != 1) Assert.Equal((whole.Vm[bus], whole.SdVm[bus]), (state.Vm[bus], state.SdVm[bus]));
        }
    }

    [Fact]
    public void ACompletionDependsOnItsEvidenceAloneAndAllocatesNothing()
    {
        var (completion, truth, other) = (Truth.CompletionOf(City), new Truth(City, 9, 0.5), new Truth(City, 10, 0.2));
        var (first, again) = (completion.MakeState(), completion.MakeState());
        completion.Complete(truth.Loads, truth.Heads, first);
        completion.Complete(other.Loads, other.Heads, again);
        var before = GC.GetAllocatedBytesForCurrentThread();
        completion.Complete(truth.Loads, truth.Heads, again);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(first.Vm, again.Vm);
        Assert.Equal(first.SdVm, again.SdVm);
        Assert.Equal(first.P, again.P);
        Assert.Equal(first.Feeders, again.Feeders);
    }

    [Fact]
    public void ARingHasNoCompletion()
    {
        var (network, assets) = CityGrids.Describe(1, 2, 9);
        var ring = network with { Lines = [.. network.Lines.Select(line => line with { Switch = Domain.Assets.NormalState.None })] };
        Assert.Null(StateCompletion.Of(CityGrid.Of(ring, assets).Network, [], out var reason));
        Assert.StartsWith("sources 1 and 2 are joined by branches", reason, StringComparison.Ordinal);
    }

    private static CompletedState Complete(Truth truth)
    {
        var completion = Truth.CompletionOf(truth.Grid);
        var state = completion.MakeState();
        completion.Complete(truth.Loads, truth.Heads, state);
        return state;
    }

    private static double Below(double[] ofLoads, int feeder) => Enumerable.Range(0, ofLoads.Length).Where(t => City.FeederOfBus[City.BusOf(t)] == feeder).Sum(t => ofLoads[t]);

    private static IEnumerable<CompletedFeeder> Others(CompletedState state, int feeder) => state.Feeders.Where((_, f) => f != feeder);

    private sealed class Coverage
    {
        private int inside;
        private int all;

        public double Share => (double)inside / all;

        public void Add(double truth, double value, double sd)
        {
            all++;
            if (Math.Abs(truth - value) <= Band90 * sd) inside++;
        }

        public override string ToString() => FormattableString.Invariant($"{Share:0.000} of {all}");
    }
}
