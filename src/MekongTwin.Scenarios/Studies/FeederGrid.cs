using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Sweep;

namespace MekongTwin.Scenarios.Studies;

/// <summary>
/// What one source feeds, as a network of its own: small enough to stay in the first caches while thousands of steps are solved.
/// Its buses and branches know their numbers in the whole.
/// </summary>
internal sealed class FeederGrid
{
    private FeederGrid(Network network, RadialSweep sweep, int[] buses, int[] branches) => (Network, Sweep, Buses, Branches) = (network, sweep, buses, branches);

    public Network Network { get; }

    public RadialSweep Sweep { get; }

    /// <summary>Number in the whole of each bus; the first is the source.</summary>
    public int[] Buses { get; }

    /// <summary>Number in the whole of each branch.</summary>
    public int[] Branches { get; }

    /// <summary>The feeders of a radial network, in the order of its sources.</summary>
    /// <exception cref="ArgumentException">It is not radial; the message says where.</exception>
    public static FeederGrid[] Split(Network whole)
    {
        var order = RadialOrder.Of(whole, out var reason) ?? throw new ArgumentException(reason);
        var feederOf = new int[order.Count];
        var members = new List<int>[order.Sources];
        for (var k = 0; k < order.Count; k++)
        {
            feederOf[k] = k < order.Sources ? k : feederOf[order.Parents[k]];
            (members[feederOf[k]] ??= []).Add(k);
        }
        return [.. members.Select(places => Of(whole, [.. places.Select(place => (order.Buses[place], order.Branches[place]))]))];
    }

    /// <summary>A tree of some of the whole's buses.</summary>
    /// <param name="whole">The grid.</param>
    /// <param name="outward">Buses with the branch that feeds each, its source first (its branch is not looked at), every bus after the one that feeds it.</param>
    public static FeederGrid Of(Network whole, IReadOnlyList<(int Bus, int Branch)> outward)
    {
        var count = outward.Count;
        var (buses, branches) = (new Buses(count), new Branches(count - 1));
        var local = new Dictionary<int, int>(count);
        var (busNumbers, branchNumbers) = (new int[count], new int[count - 1]);
        for (var i = 0; i < count; i++)
        {
            var (bus, branch) = outward[i];
            (local[bus], busNumbers[i]) = (i, bus);
            (buses.ShuntG[i], buses.ShuntB[i]) = (whole.Buses.ShuntG[bus], whole.Buses.ShuntB[bus]);
            (buses.Number[i], buses.NominalKv[i], buses.Type[i], buses.StartVm[i]) = (whole.Buses.Number[bus], whole.Buses.NominalKv[bus], whole.Buses.Type[bus], whole.SetVm[bus]);
            if (i == 0) continue;
            var of = whole.Branches;
            branchNumbers[i - 1] = branch;
            (branches.From[i - 1], branches.To[i - 1]) = (local.GetValueOrDefault(of.From[branch], i), local.GetValueOrDefault(of.To[branch], i));
            (branches.R[i - 1], branches.X[i - 1], branches.G[i - 1], branches.B[i - 1]) = (of.R[branch], of.X[branch], of.G[branch], of.B[branch]);
            (branches.Ratio[i - 1], branches.ShiftRad[i - 1]) = (of.Ratio[branch], of.ShiftRad[branch]);
            (branches.RatingFrom[i - 1], branches.RatingTo[i - 1]) = (of.RatingFrom[branch], of.RatingTo[branch]);
        }
        var network = new Network(whole.BaseMva, buses, new Loads(count), branches, new Generators(0), whole.LoadingBy);
        return new(network, RadialSweep.Of(network, out var reason) ?? throw new ArgumentException(reason), busNumbers, branchNumbers);
    }
}
