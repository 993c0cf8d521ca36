using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Engines.Tests.PowerFlow;

/// <summary>Generated grids: a tree with extra meshes, taps, phase shifts, charging, shunts, all kinds of load, PV buses, several
/// generators on a bus, open branches; loaded so lightly that every one has a solution.</summary>
internal static class Grids
{
    public static Gen<Network> Any { get; } =
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from count in Gen.Choose(2, 40)
        from meshes in Gen.Choose(0, 12)
        select Make(new Random(seed), count, meshes);

    public static Network Make(Random random, int count, int meshes)
    {
        double Between(double low, double high) => low + (random.NextDouble() * (high - low));
        var (buses, loads, branches) = (new Buses(count), new Loads(count), new Branches(count - 1 + meshes));
        var numbers = Enumerable.Range(1, count).Select(i => i * 7).ToArray();
        random.Shuffle(numbers);
        for (var i = 0; i < count; i++)
        {
            (buses.Number[i], buses.NominalKv[i]) = (numbers[i], 22);
            (loads.PowerP[i], loads.PowerQ[i]) = (Between(-0.2, 1) / count, Between(-0.2, 0.5) / count);
            if (random.Next(3) == 0) (loads.CurrentP[i], loads.CurrentQ[i]) = (Between(0, 0.5) / count, Between(0, 0.2) / count);
            if (random.Next(3) == 0) (loads.ImpedanceP[i], loads.ImpedanceQ[i]) = (Between(0, 0.5) / count, Between(0, 0.2) / count);
            if (random.Next(4) == 0) (buses.ShuntG[i], buses.ShuntB[i]) = (Between(0, 0.01), Between(-0.02, 0.05));
        }
        for (var k = 0; k < branches.Count; k++)
        {
            branches.To[k] = k < count - 1 ? k + 1 : random.Next(1, count);
            branches.From[k] = random.Next(0, branches.To[k]);
            (branches.R[k], branches.X[k], branches.B[k]) = (Between(0.001, 0.03), Between(0.005, 0.08), Between(0, 0.02));
            if (random.Next(4) == 0) (branches.Ratio[k], branches.G[k]) = (Between(0.95, 1.05), Between(0, 0.001));
            if (random.Next(6) == 0) branches.ShiftRad[k] = Between(-0.05, 0.05);
            branches.RatingFrom[k] = branches.RatingTo[k] = random.Next(3) == 0 ? 0 : Between(0.1, 2);
            branches.InService[k] = k < count - 1 || random.Next(3) > 0;
        }
        buses.Type[0] = BusType.Slack;
        (buses.StartVm[0], buses.StartVa[0]) = (Between(0.98, 1.04), Between(-0.5, 0.5));
        for (var i = 1; i < count; i++) buses.StartVa[i] = buses.StartVa[0];
        var generators = new Generators(random.Next(0, 5));
        for (var g = 0; g < generators.Count; g++)
        {
            generators.Bus[g] = random.Next(1, count);
            (generators.P[g], generators.Q[g], generators.SetVm[g]) = (Between(0, 0.2), Between(-0.05, 0.05), Between(0.98, 1.03));
            generators.InService[g] = random.Next(4) > 0;
            if (random.Next(2) == 0) buses.Type[generators.Bus[g]] = BusType.PV;
        }
        return new Network(100, buses, loads, branches, generators);
    }
}
