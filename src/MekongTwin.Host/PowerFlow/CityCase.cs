using MekongTwin.Domain.Assets;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Import;
using MekongTwin.Engines.PowerFlow.Import.Cities;
using MekongTwin.Host.Cities;
using CityNetwork = MekongTwin.Domain.Assets.Network;

namespace MekongTwin.Host.PowerFlow;

/// <summary>A city folder's grid as a case. Nodes, lines, feeders and transformers keep their ids, relative to the city.</summary>
internal sealed class CityCase
{
    private readonly Model model;

    private CityCase(Model model, CityGrid grid, ImportedCase read) => (this.model, Grid, Read) = (model, grid, read);

    public CityGrid Grid { get; }

    public ImportedCase Read { get; }

    /// <exception cref="InputException">The folder has mistakes, or describes no network.</exception>
    public static CityCase Of(string directory, CityGridOptions options)
    {
        List<string> notes = [];
        List<CityNetwork> networks = [];
        var model = CityFolder.Read([directory], notes, networks);
        if (networks is not [var network]) throw new InputException($"{directory}: grid.json describes no network (feeders, nodes and lines), so there is nothing to solve. docs/city-folder.md says how to write one.");
        var grid = CityGrid.Of(network, model.Assets, options, notes);
        var read = new ImportedCase(network.City, grid.Network, notes)
        {
            Rows = [.. grid.Network.Buses.Number.Select(static (number, bus) => new BusRow(number, bus, true))],
            BusIds = [.. network.Nodes.Select(static node => node.Id), .. grid.Transformers.Select(number => Relative(model, number))],
            BranchIds = [.. network.Lines.Select(static line => line.Id), .. grid.Transformers.Select(number => Relative(model, number))],
        };
        return new(model, grid, read);
    }

    /// <summary>The feeders' totals, MW and Mvar, with the fullest line and the node of the lowest voltage.</summary>
    public IEnumerable<FeederTotal> Totals(Solution solution)
    {
        var (city, network) = (Grid.City, Grid.Network);
        var totals = Grid.Feeders.Select(feeder => new FeederTotal(Relative(model, feeder))).ToArray();
        for (var bus = 0; bus < network.Buses.Count; bus++)
        {
            if (Grid.FeederOfBus[bus] is not (>= 0 and var feeder)) continue;
            totals[feeder].Add(network.Loads.PowerP[bus], network.Loads.PowerQ[bus], solution.SourceP[bus], solution.SourceQ[bus]);
            if (bus < city.Nodes.Length) totals[feeder].AddVoltage(solution.Vm[bus], city.Nodes[bus].Id);
        }
        for (var line = 0; line < city.Lines.Length; line++)
        {
            if (network.Branches.InService[line] && Grid.FeederOfBus[city.Lines[line].To] is >= 0 and var feeder) totals[feeder].AddLine(solution.LoadingPercent[line], city.Lines[line].Id);
        }
        return totals;
    }

    private static string Relative(Model model, int asset) => model.Assets[asset].Id.Path.Split('/', 2)[^1];
}

/// <summary>A feeder of a solved city.</summary>
internal sealed class FeederTotal(string id)
{
    public string Id => id;

    public double Mw { get; private set; }

    public double Mvar { get; private set; }

    public double LoadMw { get; private set; }

    public double LoadMvar { get; private set; }

    public double LowestVmPu { get; private set; } = double.PositiveInfinity;

    public string? LowestAt { get; private set; }

    public double LoadingPercent { get; private set; } = double.NaN;

    public string? FullestLine { get; private set; }

    public void Add(double loadMw, double loadMvar, double sourceMw, double sourceMvar)
    {
        (LoadMw, LoadMvar) = (LoadMw + loadMw, LoadMvar + loadMvar);
        (Mw, Mvar) = (Mw + sourceMw, Mvar + sourceMvar);
    }

    public void AddVoltage(double vmPu, string at)
    {
        if (vmPu < LowestVmPu) (LowestVmPu, LowestAt) = (vmPu, at);
    }

    public void AddLine(double loadingPercent, string line)
    {
        if (FullestLine is null || loadingPercent > LoadingPercent) (LoadingPercent, FullestLine) = (loadingPercent, line);
    }
}
