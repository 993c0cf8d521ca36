using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Engines.Tests.PowerFlow;

public sealed class NetworkFacts
{
    [Fact]
    public void A_bus_that_only_an_open_tie_would_reach_is_unserved()
    {
        var network = Networks.BaranWu33(10, 7, 33, 34, 35, 36, 37);
        Assert.Equal(Enumerable.Range(1, 33).Where(number => number is < 8 or > 18), network.Buses.Number.Where((_, i) => network.Served[i]));
    }

    [Fact]
    public void A_pv_bus_without_a_generator_in_service_is_solved_as_pq()
    {
        var (buses, generators) = (new Buses(2), new Generators(1));
        (buses.Number[0], buses.Number[1]) = (1, 2);
        (buses.Type[0], buses.Type[1]) = (BusType.Slack, BusType.PV);
        (generators.Bus[0], generators.InService[0]) = (1, false);
        var network = new Network(1, buses, new Loads(2), Between(0, 1), generators);
        Assert.Equal([BusType.Slack, BusType.PQ], network.SolvedAs);
    }

    [Fact]
    public void A_network_that_cannot_be_is_refused_with_its_place()
    {
        Refuses("base power is 0 MVA; it must be positive.", () => new Network(0, Two(), new Loads(2), Between(0, 1), new Generators(0)));
        Refuses("there is no bus.", () => new Network(1, new Buses(0), new Loads(0), new Branches(0), new Generators(0)));
        Refuses("bus number 7 is there twice.", () => new Network(1, Two(buses => buses.Number[1] = 7), new Loads(2), Between(0, 1), new Generators(0)));
        Refuses("bus 8: nominal kV is -1; it must be positive, or 0 where it is not stated.", () => new Network(1, Two(buses => buses.NominalKv[1] = -1), new Loads(2), Between(0, 1), new Generators(0)));
        Refuses("there are 3 loads for 2 buses; there must be one a bus.", () => new Network(1, Two(), new Loads(3), Between(0, 1), new Generators(0)));
        Refuses("branch 1: to bus index is 2; there is no such bus.", () => new Network(1, Two(), new Loads(2), Between(0, 2), new Generators(0)));
        Refuses("branch 1 joins bus 8 with itself.", () => new Network(1, Two(), new Loads(2), Between(1, 1), new Generators(0)));
        Refuses("branch 1 between buses 7 and 8 has no impedance; what a closed switch joins is one bus.", () => new Network(1, Two(), new Loads(2), Between(0, 1, 0), new Generators(0)));
        Refuses("branch 1 between buses 7 and 8 has no impedance; what a closed switch joins is one bus.", () => new Network(1, Two(), new Loads(2), Between(0, 1, 1e-160), new Generators(0)));
    }

    [Fact]
    public void Voltages_that_leave_a_mismatch_that_is_no_number_have_not_converged()
    {
        var network = new Network(1, Two(buses => (buses.ShuntB[0], buses.ShuntB[1]) = (1e300, 1e300)), new Loads(2), Between(0, 1), new Generators(0));
        Assert.True(Flows.Of(network, network.Loads, [1, 1], [0, 0], true, 1).Converged);
        Assert.False(Flows.Of(network, network.Loads, [1, 1e10], [0, 0], true, 1).Converged);
    }

    private static void Refuses(string message, Func<Network> make) => Assert.Equal(message, Assert.Throws<NetworkException>(make).Message);

    private static Buses Two(Action<Buses>? change = null)
    {
        var buses = new Buses(2);
        (buses.Number[0], buses.Number[1], buses.Type[0]) = (7, 8, BusType.Slack);
        change?.Invoke(buses);
        return buses;
    }

    private static Branches Between(int from, int to, double x = 0.1)
    {
        var branches = new Branches(1);
        (branches.From[0], branches.To[0], branches.X[0]) = (from, to, x);
        return branches;
    }
}
