using System.Globalization;
using MekongTwin.Api;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Completion;
using MekongTwin.Engines.PowerFlow.Import.Cities;

namespace MekongTwin.Host.Grid;

/// <summary>One city's grid: from the latest values of an instant to its completed state. Not thread-safe.</summary>
internal sealed class CityGridState
{
    /// <summary>Half the width of a normal 90 % band, in standard deviations.</summary>
    private const double Band90 = 1.6449;

    private const double BaseKva = CityGrid.BaseMva * 1000;

    /// <summary>A busbar that nobody measures, pu, and how far off it may be.</summary>
    private const double BusbarVm = 1.02;
    private const double BusbarSd = 0.015;

    /// <summary>The voltage channel of a panel errs within 0.4 %, evenly.</summary>
    private const double VoltageSd = 0.0023;

    /// <summary>Growth of the spread of a head's power since it was read, a share of it for the root of an hour.</summary>
    private const double HeadDrift = 0.03;

    /// <summary>The tap of a transformer is not known: neutral is taken, a step of 2.5 % up or down is as likely.</summary>
    private const double TapSd = 0.0204;

    private const double LowVoltageV = 230;

    private readonly string city;
    private readonly TimeZoneInfo zone;
    private readonly CityGrid grid;
    private readonly StateCompletion completion;
    private readonly LoadEvidence loads;
    private readonly HeadEvidence heads;
    private readonly CompletedState state;
    private readonly LoadExpectation[] expectations;
    private readonly Asset[] transformers;
    private readonly Asset[] feeders;
    private readonly int[] feederOf;

    /// <param name="read">The model that the network's numbers are of.</param>
    /// <param name="model">The model that the twins' numbers are of.</param>
    /// <param name="network">The city's network.</param>
    public CityGridState(Model read, Model model, Domain.Assets.Network network)
    {
        (city, zone) = (network.City, model.FindCity(network.City)!.MakeCalendar().Zone);
        grid = CityGrid.Of(network, read.Assets);
        Asset Known(int number) => model.FindAsset(read.Assets[number].Id.Path)!;
        (transformers, feeders) = ([.. grid.Transformers.Select(Known)], [.. grid.Feeders.Select(Known)]);
        feederOf = [.. Enumerable.Range(0, transformers.Length).Select(t => grid.FeederOfBus[grid.BusOf(t)])];
        expectations = [.. grid.Transformers.Select(number => new LoadExpectation(read.Assets[number].RatingKva, network.CustomersOf(read.Assets[number])))];
        // A city folder is refused unless its network is radial.
        completion = StateCompletion.Of(grid.Network, [.. Enumerable.Range(0, transformers.Length).Select(grid.BusOf)], out var reason) ?? throw new ArgumentException(reason);
        (loads, heads, state) = (new(transformers.Length), new(feeders.Length), completion.MakeState());
    }

    /// <summary>The state at an instant, from the snapshot of it.</summary>
    public GridState Complete(CitySnapshot snapshot, DateTimeOffset at)
    {
        var timeUs = Instant.From(at);
        var readings = new GridReadings(snapshot, timeUs);
        Gather(readings, TimeZoneInfo.ConvertTime(at, zone).TimeOfDay.TotalHours);
        completion.Complete(loads, heads, state);
        var assets = new Dictionary<int, IReadOnlyDictionary<string, Estimate>>(transformers.Length + feeders.Length);
        var meters = new (int Reporting, int Total)[feeders.Length];
        for (var t = 0; t < transformers.Length; t++)
        {
            if (feederOf[t] < 0) continue;
            meters[feederOf[t]].Total++;
            if (loads.Metered[t]) meters[feederOf[t]].Reporting++;
            if (state.Feeders[feederOf[t]].Converged) assets[transformers[t].Number] = OfTransformer(t, readings);
        }
        var shown = feeders.Select((_, f) => Show(f, new(meters[f].Reporting, meters[f].Total))).ToList();
        for (var f = 0; f < feeders.Length; f++)
        {
            if (state.Feeders[f].Converged) assets[feeders[f].Number] = OfFeeder(f, shown[f], readings);
        }
        return new(city, timeUs, shown, assets);
    }

    private void Gather(GridReadings readings, double hour)
    {
        for (var t = 0; t < transformers.Length; t++)
        {
            var (p, q) = (readings.Find(transformers[t].Number, Metrics.Power, Quantity.ActivePower), readings.Find(transformers[t].Number, Metrics.ReactivePower, Quantity.ReactivePower));
            expectations[t].Write(loads, t, new(p.Value, q.Value, p.AgeHours, p.Holds), hour, BaseKva);
        }
        for (var f = 0; f < feeders.Length; f++)
        {
            var feeder = feeders[f];
            (heads.P[f], heads.VarianceP[f]) = Head(readings.Find(feeder.Number, Metrics.Power, Quantity.ActivePower));
            (heads.Q[f], heads.VarianceQ[f]) = Head(readings.Find(feeder.Number, Metrics.ReactivePower, Quantity.ReactivePower));
            var kv = readings.FindKv(feeder.Number);
            if (!kv.Holds) kv = readings.FindKv(feeder.ElectricalParent);
            var pu = kv.Value / grid.Network.Buses.NominalKv[grid.Heads[f]];
            // A busbar that says it is dead, or of another voltage, says nothing of its feeder.
            var measured = kv.Holds && pu is > 0.5 and < 1.5;
            (heads.Vm[f], heads.VarianceVm[f]) = measured ? (pu, pu * pu * VoltageSd * VoltageSd) : (BusbarVm, BusbarSd * BusbarSd);
        }
    }

    private static (double Pu, double Variance) Head(Heard heard)
    {
        if (!heard.Holds) return (double.NaN, 0);
        var (pu, drift) = (heard.Value / BaseKva, HeadDrift * Math.Sqrt(heard.AgeHours));
        return (pu, pu * pu * ((LoadExpectation.MeterSd * LoadExpectation.MeterSd) + (drift * drift)));
    }

    private Dictionary<string, Estimate> OfTransformer(int t, GridReadings readings)
    {
        var (bus, branch) = (grid.BusOf(t), grid.BranchOf(t));
        var values = new Dictionary<string, Estimate>();
        Put(values, "loading", Make(state.LoadingPercent[branch], "%", state.SdLoadingPercent[branch]));
        if (!loads.Metered[t])
        {
            Put(values, "P", Make(state.P[t] * BaseKva, "kW", state.SdP[t] * BaseKva));
            Put(values, "Q", Make(state.Q[t] * BaseKva, "kvar", state.SdQ[t] * BaseKva));
        }
        if (!readings.Find(transformers[t].Number, "V", Quantity.Voltage).Holds) Put(values, "V", Make(state.Vm[bus] * LowVoltageV, "V", LowVoltageV * double.Hypot(state.SdVm[bus], TapSd)));
        return values;
    }

    private Dictionary<string, Estimate> OfFeeder(int f, FeederState shown, GridReadings readings)
    {
        var values = new Dictionary<string, Estimate>();
        Put(values, "lowestVoltage", shown.LowestVoltage);
        Put(values, "loading", shown.HighestLoading);
        if (!shown.HeadMeasured)
        {
            Put(values, "P", shown.P);
            Put(values, "Q", shown.Q);
        }
        if (!readings.FindKv(feeders[f].Number).Holds) Put(values, "V", shown.V);
        return values;
    }

    /// <summary>A feeder without voltages that solve it has its busbar's and what its meters and head say; nothing else exists.</summary>
    private FeederState Show(int f, MeterCount meters)
    {
        var feeder = state.Feeders[f];
        var kv = grid.Network.Buses.NominalKv[grid.Heads[f]];
        var shown = new FeederState(
            feeders[f].Id.Path, feeders[f].Name, null, null, new(Math.Round(heads.Vm[f] * kv, 3), "kV", Math.Round(Band90 * Math.Sqrt(heads.VarianceVm[f]) * kv, 3)),
            !double.IsNaN(heads.P[f]) && feeder.ExcessP == 0, null, null, null, null, null, null,
            meters, null, feeder.ExcessP == 0 ? null : new(Math.Round(feeder.ExcessP * BaseKva, 1), Say(feeder.ExcessP * BaseKva)), feeder.Converged);
        if (!feeder.Converged) return shown;
        var (lowest, fullest) = (feeder.LowestBus, feeder.FullestBranch);
        return shown with
        {
            P = Make(feeder.P * BaseKva, "kW", feeder.SdP * BaseKva),
            Q = Make(feeder.Q * BaseKva, "kvar", feeder.SdQ * BaseKva),
            ResidualKw = double.IsFinite(feeder.ResidualP) ? Math.Round(feeder.ResidualP * BaseKva, 3) : null,
            LossesKw = Math.Round(feeder.LossesP * BaseKva, 3),
            LowestVoltage = Make(state.Vm[lowest], "1", state.SdVm[lowest], 5),
            LowestVoltageNode = grid.City.Nodes[lowest].Id,
            HighestLoading = fullest < 0 ? null : Make(state.LoadingPercent[fullest], "%", state.SdLoadingPercent[fullest]),
            HighestLoadingLine = fullest < 0 ? null : grid.City.Lines[fullest].Id,
            Coverage = feeder.P > feeder.LossesP ? Math.Round(Math.Clamp(feeder.MeteredP / (feeder.P - feeder.LossesP), 0, 1), 4) : null,
        };
    }

    private static string Say(double kw) => kw > 0
        ? string.Create(CultureInfo.InvariantCulture, $"the transformers' meters come to at least {kw:0} kW more than the head: one of them belongs to another feeder, a current transformer's ratio is wrong, or a switch does not stand as it normally does")
        : string.Create(CultureInfo.InvariantCulture, $"the head has at least {-kw:0} kW more than everything below it: a load is missing or belongs here, a current transformer's ratio is wrong, or a switch does not stand as it normally does");

    private static void Put(Dictionary<string, Estimate> values, string metric, Estimate? estimate)
    {
        if (estimate is not null) values[metric] = estimate;
    }

    /// <summary>Null for what is no number: it does not exist.</summary>
    private static Estimate? Make(double value, string unit, double sd, int digits = 3) =>
        double.IsFinite(value) && double.IsFinite(sd) ? new(Math.Round(value, digits), unit, Math.Round(Band90 * sd, digits)) : null;
}
