using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>Customers and what they draw over the studied day; what feeds back is not counted as served.</summary>
internal readonly record struct Supplied(int Customers, DayCurve Curve)
{
    public static Supplied Sum(IEnumerable<Supplied> parts)
    {
        Supplied[] all = [.. parts];
        return new(all.Sum(static part => part.Customers), DayCurve.Sum(all.Select(static part => part.Curve)));
    }
}

/// <summary>The studied day's customers and loads by what feeds them.</summary>
internal sealed class CityLoads
{
    public CityLoads(CityElements elements, SwitchedGrid grid, StudiedDay day)
    {
        var (buses, baseKva) = (day.Buses, grid.Network.BaseMva * 1000);
        var customers = new int[buses];
        for (var t = 0; t < elements.Transformers.Length; t++) customers[elements.Grid.BusOf(t)] = elements.Customers[t];
        OfTransformer = [.. grid.Transformers.Select(transformer => Of([transformer.Bus]))];
        OfSection = [.. Enumerable.Range(0, grid.NodesOf.Length).Select(section => Of([.. grid.BusesOf(section)]))];

        Supplied Of(int[] of)
        {
            var kw = new double[IFutureLoads.Steps];
            for (var step = 0; step < kw.Length; step++)
            {
                foreach (var bus in of) kw[step] += Math.Max(0, day.P[(step * buses) + bus]) * baseKva;
            }
            return new(of.Sum(bus => customers[bus]), new(kw));
        }
    }

    /// <summary>By its position.</summary>
    public Supplied[] OfTransformer { get; }

    public Supplied[] OfSection { get; }
}
