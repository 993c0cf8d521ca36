using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Engines.Tests.PowerFlow.Sweep;

/// <summary>Radial grids from a seed.</summary>
internal static class RadialGrids
{
    /// <summary>A feeder of constant powers whose lowest voltage is near 0.93 pu.</summary>
    /// <param name="seed">The same seed, the same grid.</param>
    /// <param name="buses">Buses, the first a source.</param>
    /// <param name="width">How far back a bus may be fed from: 1 is one long line.</param>
    public static Network Plain(int seed, int buses, int width = 4) => Of(seed, buses, width, mixed: false);

    /// <summary>The same with line charging, iron losses, shunts, transformers with taps and shifts in either direction, loads of all
    /// three kinds, generators, ratings, an island without a source and branches out of service.</summary>
    public static Network Mixed(int seed, int buses, int width = 4) => Of(seed, buses, width, mixed: true);

    private static Network Of(int seed, int count, int width, bool mixed)
    {
        var random = new Random(seed);
        var unserved = mixed ? 3 : 0;
        var (buses, loads) = (new Buses(count + unserved), new Loads(count + unserved));
        var branches = new Branches(count - 1 + (mixed ? 4 : 0));
        var (parents, dropR, dropX) = (new int[count], new double[count], new double[count]);
        for (var i = 0; i < buses.Count; i++)
        {
            buses.Number[i] = (10 * i) + 1;
            if (i == 0) continue;
            loads.PowerP[i] = (0.5 + random.NextDouble()) * 10 / count;
            loads.PowerQ[i] = loads.PowerP[i] * (0.2 + (0.4 * random.NextDouble()));
            if (!mixed) continue;
            var (current, impedance) = (random.NextDouble() / 2, random.NextDouble() / 2);
            (loads.CurrentP[i], loads.CurrentQ[i]) = (loads.PowerP[i] * current, loads.PowerQ[i] * current);
            (loads.ImpedanceP[i], loads.ImpedanceQ[i]) = (loads.PowerP[i] * impedance, loads.PowerQ[i] * impedance);
            (loads.PowerP[i], loads.PowerQ[i]) = (loads.PowerP[i] * (1 - current - impedance), loads.PowerQ[i] * (1 - current - impedance));
            if (random.Next(5) == 0) (buses.ShuntG[i], buses.ShuntB[i]) = (random.NextDouble() / count, 2 * random.NextDouble() / count);
        }
        buses.Type[0] = BusType.Slack;
        buses.StartVm[0] = mixed ? 1.02 : 1;
        buses.StartVa[0] = mixed ? 0.1 : 0;
        for (var k = 1; k < count; k++)
        {
            parents[k] = k - 1 - random.Next(Math.Min(k, width));
            dropR[k] = 0.5 + random.NextDouble();
            dropX[k] = dropR[k] * (0.4 + (0.6 * random.NextDouble()));
        }
        var scale = 0.07 / LargestDrop(loads, parents, dropR, dropX);
        for (var k = 1; k < count; k++)
        {
            var b = k - 1;
            var backward = mixed && random.Next(2) == 0;
            (branches.From[b], branches.To[b]) = backward ? (k, parents[k]) : (parents[k], k);
            (branches.R[b], branches.X[b]) = (dropR[k] * scale, dropX[k] * scale);
            if (!mixed) continue;
            (branches.RatingFrom[b], branches.RatingTo[b]) = (5, random.Next(3) == 0 ? 0 : 4);
            if (random.Next(2) == 0) branches.B[b] = 0.5 * random.NextDouble() / count;
            if (random.Next(6) == 0) (branches.Ratio[b], branches.ShiftRad[b], branches.G[b]) = (0.97 + (0.06 * random.NextDouble()), 0.5 * (random.NextDouble() - 0.5), 0.05 / count);
        }
        if (!mixed) return new Network(1, buses, loads, branches, new Generators(0));

        // Two lines among the unserved buses, and two lines of the served part that are out of service.
        for (var b = 0; b < 4; b++)
        {
            var k = count - 1 + b;
            (branches.R[k], branches.X[k]) = (0.01, 0.02);
            (branches.From[k], branches.To[k]) = b < 2 ? (count + b, count + b + 1) : (0, count - b);
            branches.InService[k] = b < 2;
        }
        var generators = new Generators(2);
        for (var g = 0; g < 2; g++) (generators.Bus[g], generators.P[g], generators.Q[g]) = (1 + random.Next(count - 1), random.NextDouble(), 0.1);
        return new Network(1, buses, loads, branches, generators, seed % 2 == 0 ? LoadingBy.ApparentPower : LoadingBy.Current);
    }

    private static double LargestDrop(Loads loads, int[] parents, double[] r, double[] x)
    {
        var (p, q) = (new double[parents.Length], new double[parents.Length]);
        for (var k = parents.Length - 1; k > 0; k--)
        {
            (p[k], q[k]) = (p[k] + loads.PowerP[k] + loads.CurrentP[k] + loads.ImpedanceP[k], q[k] + loads.PowerQ[k] + loads.CurrentQ[k] + loads.ImpedanceQ[k]);
            (p[parents[k]], q[parents[k]]) = (p[parents[k]] + p[k], q[parents[k]] + q[k]);
        }
        var drop = new double[parents.Length];
        for (var k = 1; k < parents.Length; k++) drop[k] = drop[parents[k]] + (r[k] * p[k]) + (x[k] * q[k]);
        return drop.Max();
    }
}
