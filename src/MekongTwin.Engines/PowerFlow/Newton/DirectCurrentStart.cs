namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>Angles of the linear ("direct-current") power flow, P = B·θ with all voltages at 1 pu and no losses (Stott, Jardim and Alsaç,
/// IEEE Transactions on Power Systems 24(3), 2009): a second start for grids whose angles lie far from the first.</summary>
internal static class DirectCurrentStart
{
    /// <summary>The angle of each node, rad.</summary>
    public static double[] Angles(Network network, Equations equations, Loads loads)
    {
        var (branches, position) = (network.Branches, equations.Position);
        var matrix = new BlockMatrix<Lane1>(equations.Elimination);
        var power = new double[equations.Bus.Length];
        var diagonal = new double[equations.Bus.Length];
        for (var k = 0; k < power.Length; k++)
        {
            var bus = equations.Bus[k];
            power[k] = network.GenerationP[bus] - loads.PowerP[bus] - loads.CurrentP[bus] - loads.ImpedanceP[bus] - network.Buses.ShuntG[bus];
        }
        for (var k = 0; k < branches.Count; k++)
        {
            var (from, to) = (branches.From[k], branches.To[k]);
            if (!branches.InService[k] || !network.Served[from] || !network.Served[to]) continue;
            var b = 1 / ((branches.X[k] != 0 ? branches.X[k] : branches.R[k]) * branches.Ratio[k]);
            AddEnd(from, to, b, branches.ShiftRad[k]);
            AddEnd(to, from, b, -branches.ShiftRad[k]);
            if (position[from] < 0 || position[to] < 0) continue;
            var slot = equations.Elimination.Slot(Math.Min(position[from], position[to]), Math.Max(position[from], position[to]));
            matrix.Upper[slot].A -= Lane1.Of(b);
            matrix.Lower[slot].A -= Lane1.Of(b);
        }
        var angles = new Couple<Lane1>[power.Length];
        for (var k = 0; k < power.Length; k++) (matrix.Diagonal[k].A, matrix.Diagonal[k].D, angles[k].X) = (Lane1.Of(diagonal[k]), Lane1.Of(1), Lane1.Of(power[k]));
        matrix.Factorise();
        matrix.Solve(angles);
        return Array.ConvertAll(angles, static angle => angle.X.Get(0));

        void AddEnd(int here, int there, double b, double shift)
        {
            if (position[here] < 0) return;
            diagonal[position[here]] += b;
            power[position[here]] += b * (shift + (position[there] < 0 ? network.Buses.StartVa[there] : 0));
        }
    }
}
