using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Sweep;

namespace MekongTwin.Engines.Tests.PowerFlow.Sweep;

/// <summary>What holds for batches at every width that the machine has.</summary>
public sealed class ScenarioBatchFacts
{
    public static TheoryData<SimdWidth, bool> Widths()
    {
        var widths = new TheoryData<SimdWidth, bool>();
        foreach (var width in Enum.GetValues<SimdWidth>().Where(Simd.Has))
        {
            widths.Add(width, false);
            widths.Add(width, true);
        }
        return widths;
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_batch_is_bit_for_bit_its_scenarios_one_by_one(SimdWidth width, bool mixed)
    {
        foreach (var (buses, count) in (ReadOnlySpan<(int, int)>)[(7, 1), (33, 37), (150, 8), (2100, 19)])
        {
            var network = Grid(mixed, buses);
            var (p, q) = Draw(network, count, seed: 5);
            var all = Answers.Of(network, p, q, width);
            for (var s = 0; s < count; s++)
            {
                var row = (s * network.Buses.Count)..((s + 1) * network.Buses.Count);
                var alone = Answers.Of(network, p[row], q[row], SimdWidth.Scalar);
                Assert.Equal(alone.Vm, all.Vm[row]);
                Assert.Equal(alone.Va, all.Va[row]);
                Assert.Equal(alone.Results[0], all.Results[s]);
                Assert.True(alone.Results[0].Converged);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Figures_of_a_scenario_are_those_of_its_flows(SimdWidth width, bool mixed)
    {
        var network = Grid(mixed, 60);
        var (p, q) = Draw(network, 21, seed: 3);
        var all = Answers.Of(network, p, q, width);
        for (var s = 0; s < 21; s++)
        {
            var row = (s * network.Buses.Count)..((s + 1) * network.Buses.Count);
            var flows = Flows.Of(network, network.Loads.WithPower(p[row], q[row]), all.Vm[row], all.Va[row], true, 0);
            Assert.Equal(flows.LossesP, all.Results[s].LossesP, 1e-9);
            Assert.Equal(flows.LossesQ, all.Results[s].LossesQ, 1e-9);
            Assert.Equal(flows.Residual, all.Results[s].Residual, 1e-12);
            Assert.Equal(flows.Vm.Where((_, i) => !flows.Unserved[i]).Min(), all.Results[s].LowestVm, 1e-13);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Threads_change_nothing(SimdWidth width, bool mixed)
    {
        var network = Grid(mixed, 50);
        var (p, q) = Draw(network, 333, seed: 8);
        var (one, three) = (Answers.Of(network, p, q, width), Answers.Of(network, p, q, width, threads: 3));
        Assert.Equal(one.Vm, three.Vm);
        Assert.Equal(one.Va, three.Va);
        Assert.Equal(one.Results, three.Results);
        Assert.Equal(one.Extremes.LowestVm, three.Extremes.LowestVm);
        Assert.Equal(one.Extremes.HighestVm, three.Extremes.HighestVm);
        Assert.Equal(one.Extremes.HighestLoadingPercent, three.Extremes.HighestLoadingPercent);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_scenario_that_fails_leaves_its_neighbours_their_bits(SimdWidth width, bool mixed)
    {
        var network = Grid(mixed, 40);
        var (p, q) = Draw(network, 48, seed: 2);
        var whole = Answers.Of(network, p, q, width);
        var n = network.Buses.Count;
        foreach (var (scenario, bus, value) in (ReadOnlySpan<(int, int, double)>)[(3, 7, double.NaN), (9, 3, 1e3), (17, 39, double.PositiveInfinity), (40, 20, -1e300)]) p[(scenario * n) + bus] = value;
        var broken = Answers.Of(network, p, q, width);
        for (var s = 0; s < 48; s++)
        {
            if (s is 3 or 9 or 17 or 40)
            {
                Assert.False(broken.Results[s].Converged);
                Assert.InRange(broken.Results[s].WorstBus, 1, n - 1);
                continue;
            }
            var row = (s * n)..((s + 1) * n);
            Assert.Equal(whole.Vm[row], broken.Vm[row]);
            Assert.Equal(whole.Va[row], broken.Va[row]);
            Assert.Equal(whole.Results[s], broken.Results[s]);
        }
        Assert.DoesNotContain(double.NaN, broken.Extremes.LowestVm);
        Assert.True(broken.Extremes.LowestVm.Where(double.IsFinite).Min() > 0.8);
        Assert.True(broken.Extremes.HighestVm.Max() < 1.2);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Extremes_are_those_of_all_voltages_and_flows(SimdWidth width, bool mixed)
    {
        foreach (var seed in (int[])[1, 2])
        {
            var network = Grid(mixed, 45, seed);
            var (p, q) = Draw(network, 40, seed: 6);
            var all = Answers.Of(network, p, q, width);
            var n = network.Buses.Count;
            var expected = new Extremes(network);
            for (var s = 0; s < 40; s++)
            {
                var row = (s * n)..((s + 1) * n);
                var flows = Flows.Of(network, network.Loads.WithPower(p[row], q[row]), all.Vm[row], all.Va[row], true, 0);
                for (var i = 0; i < n; i++)
                {
                    if (flows.Unserved[i]) continue;
                    expected.LowestVm[i] = Math.Min(expected.LowestVm[i], flows.Vm[i]);
                    expected.HighestVm[i] = Math.Max(expected.HighestVm[i], flows.Vm[i]);
                }
                for (var k = 0; k < network.Branches.Count; k++)
                {
                    // An end without a rating does not count; of two it is the fuller.
                    if (network.Branches.InService[k] && network.Served[network.Branches.From[k]]) expected.HighestLoadingPercent[k] = Math.Max(expected.HighestLoadingPercent[k], Loading(network, flows, k));
                }
            }
            RadialSweepFacts.AssertNear(Finite(expected.LowestVm), Finite(all.Extremes.LowestVm), 1e-12);
            RadialSweepFacts.AssertNear(Finite(expected.HighestVm), Finite(all.Extremes.HighestVm), 1e-12);
            RadialSweepFacts.AssertNear(Finite(expected.HighestLoadingPercent), Finite(all.Extremes.HighestLoadingPercent), 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void What_is_outside_limits_is_counted_as_it_is_one_by_one(SimdWidth width, bool mixed)
    {
        // A number of scenarios that no width divides: none is counted twice.
        const int Count = 43;
        var network = Grid(mixed, 45);
        var (p, q) = Draw(network, Count, seed: 6);
        var (n, branches) = (network.Buses.Count, network.Branches.Count);
        var opened = Enumerable.Range(0, Count).Select(s => s % 5 == 0 ? s % branches : -1).ToArray();
        p[(7 * n) + 3] = 1e3;
        var (vm, va, results) = (new double[Count * n], new double[Count * n], new ScenarioResult[Count]);
        var sweep = RadialSweepFacts.Sweep(network);
        sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Rows(p, q, n), Opened = opened, Results = results, Vm = vm, Va = va });
        var served = vm.Where(static value => value > 0).Order().ToArray();
        var limits = new SweepLimits(served[served.Length / 4], served[served.Length * 3 / 4], [.. Enumerable.Range(0, branches).Select(static k => 20.0 + (k % 7))]);
        var counts = new Extremes(network, limits);
        sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Rows(p, q, n), Opened = opened, Results = results, Extremes = counts }, new SweepOptions { Width = width, Threads = 2 });
        var (low, high, over) = (new int[n], new int[n], new int[branches]);
        for (var s = 0; s < Count; s++)
        {
            if (!results[s].Converged) continue;
            var row = (s * n)..((s + 1) * n);
            for (var i = 0; i < n; i++)
            {
                if (vm[row][i] == 0 || network.SolvedAs[i] == BusType.Slack) continue;
                if (vm[row][i] < limits.LowestVm) low[i]++;
                if (vm[row][i] > limits.HighestVm) high[i]++;
            }
            var flows = Flows.Of(network, network.Loads.WithPower(p[row], q[row]), vm[row], va[row], true, 0);
            for (var k = 0; k < branches; k++)
            {
                if (vm[row][network.Branches.From[k]] > 0 && vm[row][network.Branches.To[k]] > 0 && network.Branches.InService[k] && k != opened[s] && Loading(network, flows, k) > limits.LoadingPercent[k]) over[k]++;
            }
        }
        // Plain grids have no ratings.
        Assert.Equal(mixed, over.Any(static count => count > 0));
        Assert.Equal(1, results.Count(static result => !result.Converged));
        // A voltage that is a limit is on either side of it, within rounding.
        Assert.InRange(low.Zip(counts.Low, static (a, b) => Math.Abs(a - b)).Sum(), 0, 1);
        Assert.InRange(high.Zip(counts.High, static (a, b) => Math.Abs(a - b)).Sum(), 0, 1);
        Assert.Equal(over, counts.Over);
        counts.Clear();
        Assert.All(counts.Over.Concat(counts.Low).Concat(counts.High), static count => Assert.Equal(0, count));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Columns_are_the_rows_they_stand_for(SimdWidth width, bool mixed)
    {
        const int Count = 35;
        var network = Grid(mixed, 40);
        var (p, q) = Draw(network, Count, seed: 9);
        var n = network.Buses.Count;
        double[] Turned(double[] rows) => [.. Enumerable.Range(0, n * Count).Select(i => rows[(i % Count * n) + (i / Count)])];
        var (rows, columns) = (Answers.Of(network, p, q, width), Answers.Of(network, ScenarioLoads.Columns(Turned(p), Turned(q), n, Count), width));
        Assert.Equal(rows.Vm, columns.Vm);
        Assert.Equal(rows.Results, columns.Results);
        Assert.Throws<ArgumentException>(() => Answers.Of(network, ScenarioLoads.Columns(p[1..], q, n, Count), width));
    }

    /// <summary>Opened branches and scenarios that fail in full blocks and in one that is not: the same bits, whatever stands beside them.</summary>
    [Theory]
    [MemberData(nameof(Widths))]
    public void Columns_are_the_rows_they_stand_for_also_where_branches_open_and_scenarios_fail(SimdWidth width, bool mixed)
    {
        const int Count = 43;
        var network = Grid(mixed, 40);
        var n = network.Buses.Count;
        var (p, q) = Draw(network, Count, seed: 9);
        foreach (var (scenario, bus, value) in (ReadOnlySpan<(int, int, double)>)[(2, 7, double.NaN), (17, 30, 1e3), (41, 3, double.NegativeInfinity)]) p[(scenario * n) + bus] = value;
        var opened = Enumerable.Range(0, Count).Select(s => s % 4 == 0 ? s % network.Branches.Count : -1).ToArray();
        double[] Turned(double[] rows) => [.. Enumerable.Range(0, n * Count).Select(i => rows[(i % Count * n) + (i / Count)])];
        var rows = Answers.Of(network, ScenarioLoads.Rows(p, q, n), SimdWidth.Scalar, opened: opened);
        var columns = Answers.Of(network, ScenarioLoads.Columns(Turned(p), Turned(q), n, Count), width, opened: opened);
        for (var s = 0; s < Count; s++)
        {
            Assert.Equal(s is not (2 or 17 or 41), columns.Results[s].Converged);
            if (!columns.Results[s].Converged) continue;
            var row = (s * n)..((s + 1) * n);
            Assert.Equal(rows.Vm[row], columns.Vm[row]);
            Assert.Equal(rows.Va[row], columns.Va[row]);
            Assert.Equal(rows.Results[s], columns.Results[s]);
        }
        Assert.Equal(rows.Extremes.LowestVm, columns.Extremes.LowestVm);
        Assert.Equal(rows.Extremes.HighestVm, columns.Extremes.HighestVm);
        Assert.Equal(rows.Extremes.HighestLoadingPercent, columns.Extremes.HighestLoadingPercent);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Shared_profiles_are_the_rows_they_stand_for(SimdWidth width, bool mixed)
    {
        foreach (var buses in (int[])[64, 2100]) SharedProfilesAreTheirRows(Grid(mixed, buses), width);
    }

    private static void SharedProfilesAreTheirRows(Network network, SimdWidth width)
    {
        const int Count = 35;
        var n = network.Buses.Count;
        var random = new Random(4);
        var classOf = new int[n];
        var factors = new double[3 * Count];
        for (var i = 0; i < n; i++) classOf[i] = random.Next(3);
        for (var i = 0; i < factors.Length; i++) factors[i] = 0.4 + random.NextDouble();
        var (p, q) = (new double[Count * n], new double[Count * n]);
        for (var s = 0; s < Count; s++)
        {
            for (var i = 0; i < n; i++)
            {
                var factor = factors[(classOf[i] * Count) + s];
                (p[(s * n) + i], q[(s * n) + i]) = (network.Loads.PowerP[i] * factor, network.Loads.PowerQ[i] * factor);
            }
        }
        var rows = Answers.Of(network, p, q, width);
        var profiles = Answers.Of(network, ScenarioLoads.Profiles(network.Loads.PowerP, network.Loads.PowerQ, classOf, factors, Count), width);
        RadialSweepFacts.AssertNear(rows.Vm, profiles.Vm, 1e-12);
        RadialSweepFacts.AssertNear(rows.Va, profiles.Va, 1e-12);
        RadialSweepFacts.AssertNear(Finite(rows.Extremes.LowestVm), Finite(profiles.Extremes.LowestVm), 1e-12);
        for (var s = 0; s < Count; s++) Assert.Equal(rows.Results[s].LossesP, profiles.Results[s].LossesP, 1e-12);
        var one = Answers.Of(network, ScenarioLoads.Profiles(network.Loads.PowerP, network.Loads.PowerQ, classOf, factors, Count), SimdWidth.Scalar);
        Assert.Equal(one.Vm, profiles.Vm);
        Assert.Equal(one.Results, profiles.Results);
        // With a branch opened loads stand in their lanes; opening none is the same to the last bit.
        var (vm, va, results) = (new double[Count * n], new double[Count * n], new ScenarioResult[Count]);
        RadialSweepFacts.Sweep(network).Solve(
            new ScenarioBatch { Loads = ScenarioLoads.Profiles(network.Loads.PowerP, network.Loads.PowerQ, classOf, factors, Count), Opened = Filled(Count, -1), Results = results, Vm = vm, Va = va }, new SweepOptions { Width = width });
        Assert.Equal(profiles.Vm, vm);
        Assert.Equal(profiles.Va, va);
        Assert.Equal(profiles.Results, results);
    }

    private static int[] Filled(int length, int value) => [.. Enumerable.Repeat(value, length)];

    [Theory]
    [MemberData(nameof(Widths))]
    public void An_opened_branch_is_a_network_without_it(SimdWidth width, bool mixed)
    {
        var network = Grid(mixed, 40);
        var count = network.Branches.Count;
        var opened = Enumerable.Range(0, count).ToArray();
        var n = network.Buses.Count;
        var (vm, va, results) = (new double[count * n], new double[count * n], new ScenarioResult[count]);
        var extremes = new Extremes(network);
        RadialSweepFacts.Sweep(network).Solve(new ScenarioBatch { Loads = ScenarioLoads.Same(count), Opened = opened, Results = results, Vm = vm, Va = va, Extremes = extremes }, new SweepOptions { Width = width });
        var lowest = double.PositiveInfinity;
        for (var k = 0; k < count; k++)
        {
            var without = Networks.Opened(network, k);
            var alone = RadialSweepFacts.Sweep(without).Solve();
            Assert.True(results[k].Converged);
            RadialSweepFacts.AssertNear(alone.Vm, vm[(k * n)..((k + 1) * n)], 1e-9);
            RadialSweepFacts.AssertNear(alone.Va, va[(k * n)..((k + 1) * n)], 1e-9);
            Assert.Equal(alone.LossesP, results[k].LossesP, 1e-9);
            var served = alone.Vm.Where((_, i) => !alone.Unserved[i]).Min();
            Assert.Equal(served, results[k].LowestVm, 1e-9);
            lowest = Math.Min(lowest, served);
        }
        Assert.Equal(lowest, extremes.LowestVm.Min(), 1e-9);
    }

    /// <summary>Loads up to collapse at a coarse tolerance: some lanes never converge.</summary>
    [Theory]
    [MemberData(nameof(Widths))]
    public void Extremes_hold_no_voltage_that_a_lane_gave_up(SimdWidth width, bool mixed)
    {
        const int Count = 200;
        var network = Grid(mixed, 30);
        var n = network.Buses.Count;
        var (p, q, vm) = (new double[Count * n], new double[Count * n], new double[Count * n]);
        var (results, options) = (new ScenarioResult[Count], new SweepOptions { Width = width, TolerancePu = 1e-3 });
        for (var s = 0; s < Count; s++)
        {
            for (var i = 0; i < n; i++) (p[(s * n) + i], q[(s * n) + i]) = (network.Loads.PowerP[i] * s / 10, network.Loads.PowerQ[i] * s / 10);
        }
        var extremes = new Extremes(network);
        RadialSweepFacts.Sweep(network).Solve(new ScenarioBatch { Loads = ScenarioLoads.Rows(p, q, n), Results = results, Vm = vm, Extremes = extremes }, options);
        Assert.Contains(results, static result => !result.Converged);
        var served = Enumerable.Range(0, n).Where(i => network.Served[i] && network.SolvedAs[i] != BusType.Slack);
        foreach (var i in served)
        {
            var held = Enumerable.Range(0, Count).Where(s => results[s].Converged).Select(s => vm[(s * n) + i]).ToArray();
            Assert.Equal(held.Min(), extremes.LowestVm[i], 1e-12);
            Assert.Equal(held.Max(), extremes.HighestVm[i], 1e-12);
        }
    }

    [Fact]
    public void What_settles_too_early_leaves_the_extremes_as_they_were()
    {
        var network = RadialGrids.Plain(1, 30);
        var model = new RadialModel(network, RadialSweepFacts.Sweep(network).Order);
        var width = SweepWidth.For(Simd.Widest, model.Order.Count, 16);
        var block = new SweepBlock(model.Order.Count + 1, model.RingLength, width.Lanes, model.IsPowerOnly);
        block.ClearExtremes(model, null);
        width.FillSame(model, block);
        block.Start();
        width.Solve(model, block, bound: 0.5, maxIterations: 100);
        width.Settle(model, block, angles: false, extremes: true);
        Assert.True(block.SettledTooEarly(bound: 1e-8));
        Assert.All(block.Extremes, static place => Assert.Equal(PlaceExtremes.None, place));
        block.Keep();
        Assert.InRange(block.Extremes[^2].Lowest, 0.8, 1);
    }

    [Fact]
    public void A_lane_that_settles_too_early_is_trusted_less_and_in_the_end_not_at_all()
    {
        const double Bound = 1e-8;
        var block = new SweepBlock(3, 4, 2, isPowerOnly: true);
        block.Start();
        bool Solved(double before, double now, double settled)
        {
            block.Restart();
            block.Peak.Span.Fill(before);
            block.Stop(1, Bound);
            block.Peak.Span.Fill(now);
            block.Stop(2, Bound);
            block.Peak.Span.Fill(settled);
            return block.Converged[0] && !block.SettledTooEarly(Bound);
        }

        Assert.False(Solved(before: 1e-3, now: 1e-6, settled: 1e-7));
        Assert.False(Solved(before: 1e-3, now: 1e-6, settled: 1e-9));
        Assert.False(block.Converged[0]);
        Assert.True(Solved(before: 1e-3, now: 1e-9, settled: 1e-10));
        Assert.False(Solved(before: 1e-3, now: 1e-9, settled: 1e-7));
        Assert.False(Solved(before: 1e-3, now: 1e-9, settled: 1e-10));
        Assert.False(block.Converged[0]);
    }

    [Fact]
    public void Nothing_is_allocated_for_a_scenario()
    {
        var network = RadialGrids.Plain(1, 100);
        var sweep = RadialSweepFacts.Sweep(network);
        long Bytes(int count)
        {
            var (p, q) = Draw(network, count, seed: 1);
            var batch = new ScenarioBatch { Loads = ScenarioLoads.Rows(p, q, 100), Results = new ScenarioResult[count], Vm = new double[count * 100], Va = new double[count * 100], Extremes = new Extremes(network) };
            sweep.Solve(batch);
            var before = GC.GetAllocatedBytesForCurrentThread();
            sweep.Solve(batch);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.InRange(Bytes(3200) - Bytes(32), -64, 64);
    }

    [Fact]
    public void No_scenarios_are_solved_at_once()
    {
        var network = RadialGrids.Plain(1, 10);
        RadialSweepFacts.Sweep(network).Solve(new ScenarioBatch { Loads = ScenarioLoads.Same(0), Opened = [], Results = [], Vm = [], Va = [] });
    }

    [Fact]
    public void Arrays_that_do_not_fit_are_refused()
    {
        var network = RadialGrids.Plain(1, 10);
        var sweep = RadialSweepFacts.Sweep(network);
        Assert.Throws<ArgumentException>(() => sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Rows(new double[25], new double[25], 10), Results = new ScenarioResult[2] }));
        Assert.Throws<ArgumentException>(() => sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Same(3), Results = new ScenarioResult[2] }));
        Assert.Throws<ArgumentException>(() => sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Same(3), Results = new ScenarioResult[3], Vm = new double[29] }));
        Assert.Throws<ArgumentException>(() => sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Same(1), Results = new ScenarioResult[1], Opened = [9] }));
        Assert.Throws<ArgumentException>(() => sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Profiles(new double[10], new double[10], new int[10], new double[3], 2), Results = new ScenarioResult[2] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Same(1), Results = new ScenarioResult[1] }, new SweepOptions { MaxIterations = 1 }));
    }

    [Theory]
    [InlineData("scalar", SimdWidth.Scalar)]
    [InlineData("256", SimdWidth.Vector256)]
    [InlineData("512", SimdWidth.Vector512)]
    [InlineData(null, SimdWidth.Vector512)]
    public void The_environment_limits_the_width(string? limit, SimdWidth width)
    {
        var chosen = Simd.Choose(limit);
        Assert.True(Simd.Has(chosen));
        Assert.True(chosen <= width);
        if (Simd.Has(width)) Assert.Equal(width, chosen);
    }

    [Fact]
    public void A_width_that_is_none_is_refused() => Assert.Throws<ArgumentException>(() => Simd.Choose("128"));

    private static Network Grid(bool mixed, int buses, int seed = 1) => mixed ? RadialGrids.Mixed(seed, buses, 6) : RadialGrids.Plain(seed, buses, 6);

    private static double[] Finite(double[] values) => Array.ConvertAll(values, static v => double.IsFinite(v) ? v : 0);

    private static double Loading(Network network, Solution flows, int k) => Math.Max(End(network.Branches.From[k], flows.FromP[k], flows.FromQ[k], network.Branches.RatingFrom[k], network, flows), End(network.Branches.To[k], flows.ToP[k], flows.ToQ[k], network.Branches.RatingTo[k], network, flows)) is var percent && percent > 0 ? percent : double.NaN;

    private static double End(int bus, double p, double q, double rating, Network network, Solution flows) =>
        rating == 0 ? 0 : 100 * Math.Sqrt((p * p) + (q * q)) / rating / (network.LoadingBy == LoadingBy.Current ? flows.Vm[bus] : 1);

    private static (double[] P, double[] Q) Draw(Network network, int count, int seed)
    {
        var n = network.Buses.Count;
        var (p, q) = (new double[count * n], new double[count * n]);
        for (var s = 0; s < count; s++) LoadVariation.Fill(network.Loads, seed, s, p.AsSpan(s * n, n), q.AsSpan(s * n, n));
        return (p, q);
    }

    private sealed record Answers(ScenarioResult[] Results, double[] Vm, double[] Va, Extremes Extremes)
    {
        public static Answers Of(Network network, double[] p, double[] q, SimdWidth width, int threads = 1) => Of(network, ScenarioLoads.Rows(p, q, network.Buses.Count), width, threads);

        public static Answers Of(Network network, ScenarioLoads loads, SimdWidth width, int threads = 1, int[]? opened = null)
        {
            var size = loads.Count * network.Buses.Count;
            var answers = new Answers(new ScenarioResult[loads.Count], new double[size], new double[size], new Extremes(network));
            RadialSweepFacts.Sweep(network).Solve(
                new ScenarioBatch { Loads = loads, Opened = opened, Results = answers.Results, Vm = answers.Vm, Va = answers.Va, Extremes = answers.Extremes }, new SweepOptions { Width = width, Threads = threads });
            return answers;
        }
    }
}
