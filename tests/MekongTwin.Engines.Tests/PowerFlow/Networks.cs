using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Engines.Tests.PowerFlow;

/// <summary>Networks for tests.</summary>
internal static class Networks
{
    /// <summary>The 33-bus feeder of Baran and Wu (IEEE Transactions on Power Delivery 4(2), 1989): 12.66 kV, branches in ohm, loads
    /// in kW and kvar; the five ties are open unless other branches are said to be.</summary>
    /// <param name="baseMva">Any base power.</param>
    /// <param name="open">Numbers of the open branches; the ties 33 to 37 when empty.</param>
    public static Network BaranWu33(double baseMva = 10, params int[] open)
    {
        ReadOnlySpan<(int From, int To, double R, double X, double Kw, double Kvar)> rows =
        [
            (1, 2, 0.0922, 0.0470, 100, 60), (2, 3, 0.4930, 0.2511, 90, 40), (3, 4, 0.3660, 0.1864, 120, 80), (4, 5, 0.3811, 0.1941, 60, 30),
            (5, 6, 0.8190, 0.7070, 60, 20), (6, 7, 0.1872, 0.6188, 200, 100), (7, 8, 0.7114, 0.2351, 200, 100), (8, 9, 1.0300, 0.7400, 60, 20),
            (9, 10, 1.0440, 0.7400, 60, 20), (10, 11, 0.1966, 0.0650, 45, 30), (11, 12, 0.3744, 0.1238, 60, 35), (12, 13, 1.4680, 1.1550, 60, 35),
            (13, 14, 0.5416, 0.7129, 120, 80), (14, 15, 0.5910, 0.5260, 60, 10), (15, 16, 0.7463, 0.5450, 60, 20), (16, 17, 1.2890, 1.7210, 60, 20),
            (17, 18, 0.7320, 0.5740, 90, 40), (2, 19, 0.1640, 0.1565, 90, 40), (19, 20, 1.5042, 1.3554, 90, 40), (20, 21, 0.4095, 0.4784, 90, 40),
            (21, 22, 0.7089, 0.9373, 90, 40), (3, 23, 0.4512, 0.3083, 90, 50), (23, 24, 0.8980, 0.7091, 420, 200), (24, 25, 0.8960, 0.7011, 420, 200),
            (6, 26, 0.2030, 0.1034, 60, 25), (26, 27, 0.2842, 0.1447, 60, 25), (27, 28, 1.0590, 0.9337, 60, 20), (28, 29, 0.8042, 0.7006, 120, 70),
            (29, 30, 0.5075, 0.2585, 200, 600), (30, 31, 0.9744, 0.9630, 150, 70), (31, 32, 0.3105, 0.3619, 210, 100), (32, 33, 0.3410, 0.5302, 60, 40),
            (21, 8, 2, 2, 0, 0), (9, 15, 2, 2, 0, 0), (12, 22, 2, 2, 0, 0), (18, 33, 0.5, 0.5, 0, 0), (25, 29, 0.5, 0.5, 0, 0),
        ];
        var (buses, loads, branches) = (new Buses(33), new Loads(33), new Branches(rows.Length));
        for (var i = 0; i < 33; i++) (buses.Number[i], buses.NominalKv[i]) = (i + 1, 12.66);
        buses.Type[0] = BusType.Slack;
        var baseOhm = 12.66 * 12.66 / baseMva;
        for (var k = 0; k < rows.Length; k++)
        {
            var (from, to, r, x, kw, kvar) = rows[k];
            (branches.From[k], branches.To[k], branches.R[k], branches.X[k]) = (from - 1, to - 1, r / baseOhm, x / baseOhm);
            branches.InService[k] = open.Length == 0 ? k < 32 : !open.Contains(k + 1);
            if (k < 32) (loads.PowerP[to - 1], loads.PowerQ[to - 1]) = (kw / 1e3 / baseMva, kvar / 1e3 / baseMva);
        }
        return new Network(baseMva, buses, loads, branches, new Generators(0));
    }

    /// <summary>The same network with branch <paramref name="branch"/> out of service.</summary>
    public static Network Opened(Network network, int branch)
    {
        var inService = (bool[])network.Branches.InService.Clone();
        inService[branch] = false;
        return network.With(network.Branches.WithService(inService));
    }
}
