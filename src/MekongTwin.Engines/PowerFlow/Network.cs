namespace MekongTwin.Engines.PowerFlow;

/// <summary>What a branch rating limits.</summary>
public enum LoadingBy : byte
{
    /// <summary>The larger apparent power of the two ends against the rating (MATPOWER).</summary>
    ApparentPower,

    /// <summary>The larger current of the two ends against the rating (pandapower, and what a conductor feels).</summary>
    Current,
}

/// <summary>A balanced three-phase network in per unit on one base power: what both solvers take. Checked once, at construction,
/// and not to be changed afterwards; another switch state or another load is another network that shares the other arrays.</summary>
public sealed class Network
{
    /// <param name="baseMva">The base power of every per-unit figure, MVA, three-phase.</param>
    /// <param name="buses">The buses.</param>
    /// <param name="loads">What each bus draws; as long as <paramref name="buses"/>.</param>
    /// <param name="branches">Lines and transformers.</param>
    /// <param name="generators">Sources; a slack bus needs none.</param>
    /// <param name="loadingBy">What ratings limit.</param>
    /// <exception cref="NetworkException">Something cannot be; the message says where.</exception>
    public Network(double baseMva, Buses buses, Loads loads, Branches branches, Generators generators, LoadingBy loadingBy = LoadingBy.ApparentPower)
    {
        (BaseMva, Buses, Loads, Branches, Generators, LoadingBy) = (baseMva, buses, loads, branches, generators, loadingBy);
        NetworkCheck.Run(this);
        SolvedAs = [.. buses.Type];
        GenerationP = new double[buses.Count];
        GenerationQ = new double[buses.Count];
        SetVm = [.. buses.StartVm];
        PlaceGenerators();
        Served = Islands.Served(this);
    }

    public double BaseMva { get; }

    public Buses Buses { get; }

    public Loads Loads { get; }

    public Branches Branches { get; }

    public Generators Generators { get; }

    public LoadingBy LoadingBy { get; }

    /// <summary>The type each bus is solved as: its own, but PQ for a PV bus with no generator in service.</summary>
    public BusType[] SolvedAs { get; }

    /// <summary>Active power of the generators in service at each bus, pu.</summary>
    public double[] GenerationP { get; }

    /// <summary>Reactive power of the generators in service at each bus, pu.</summary>
    public double[] GenerationQ { get; }

    /// <summary>Voltage magnitude held at slack and PV buses, elsewhere the one to start from, pu.</summary>
    public double[] SetVm { get; }

    /// <summary>True for a bus that branches in service connect to a slack bus; the others are dead and stay out of the equations.</summary>
    public bool[] Served { get; }

    /// <summary>The same network with other loads.</summary>
    public Network With(Loads loads) => new(BaseMva, Buses, loads, Branches, Generators, LoadingBy);

    /// <summary>The same network with other branches, for example another switch state.</summary>
    public Network With(Branches branches) => new(BaseMva, Buses, Loads, branches, Generators, LoadingBy);

    private void PlaceGenerators()
    {
        var held = new bool[Buses.Count];
        for (var g = 0; g < Generators.Count; g++)
        {
            if (!Generators.InService[g]) continue;
            var bus = Generators.Bus[g];
            GenerationP[bus] += Generators.P[g];
            GenerationQ[bus] += Generators.Q[g];
            if (Buses.Type[bus] is not (BusType.PV or BusType.Slack)) continue;
            SetVm[bus] = Generators.SetVm[g];
            held[bus] = true;
        }
        for (var bus = 0; bus < Buses.Count; bus++)
        {
            if (SolvedAs[bus] == BusType.PV && !held[bus]) SolvedAs[bus] = BusType.PQ;
        }
    }
}
