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
        return [.. members.Select(places => Make(whole, order, places))];
    }

    private static FeederGrid Make(Network whole, RadialOrder order, List<int> places)
    {
        var (buses, branches) = (new Buses(places.Count), new Branches(places.Count - 1));
        var loads = new Loads(places.Count);
        var local = new Dictionary<int, int>(places.Count);
        var (busNumbers, branchNumbers) = (new int[places.Count], new int[places.Count - 1]);
        for (var i = 0; i < places.Count; i++)
        {
            var bus = order.Buses[places[i]];
            (local[bus], busNumbers[i]) = (i, bus);
            (buses.ShuntG[i], buses.ShuntB[i]) = (whole.Buses.ShuntG[bus], whole.Buses.ShuntB[bus]);
            (buses.Number[i], buses.NominalKv[i], buses.Type[i], buses.StartVm[i]) = (whole.Buses.Number[bus], whole.Buses.NominalKv[bus], whole.Buses.Type[bus], whole.SetVm[bus]);
            if (i == 0) continue;
            var (branch, of) = (order.Branches[places[i]], whole.Branches);
            branchNumbers[i - 1] = branch;
            (branches.From[i - 1], branches.To[i - 1]) = (local.GetValueOrDefault(of.From[branch], i), local.GetValueOrDefault(of.To[branch], i));
            (branches.R[i - 1], branches.X[i - 1], branches.G[i - 1], branches.B[i - 1]) = (of.R[branch], of.X[branch], of.G[branch], of.B[branch]);
            (branches.Ratio[i - 1], branches.ShiftRad[i - 1]) = (of.Ratio[branch], of.ShiftRad[branch]);
            (branches.RatingFrom[i - 1], branches.RatingTo[i - 1]) = (of.RatingFrom[branch], of.RatingTo[branch]);
        }
        var network = new Network(whole.BaseMva, buses, loads, branches, new Generators(0), whole.LoadingBy);
        return new(network, RadialSweep.Of(network, out var reason) ?? throw new ArgumentException(reason), busNumbers, branchNumbers);
    }
}
