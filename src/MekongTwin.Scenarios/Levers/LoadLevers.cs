using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Scenarios.Levers;

/// <summary>What levers make of a city's loads.</summary>
internal sealed class LoadLevers
{
    /// <summary>Factors that do not grow with the others: panels and what levers add have levers of their own.</summary>
    public static readonly int[] Apart = [Factor.Pv, Factor.Motorbikes, Factor.Cars, Factor.Industry];

    private LoadLevers(FactorLoads loads, int[] busOf, DemandModel model) =>
        (Loads, BusOf, Model, DailyGrowth, Exports) = (loads, busOf, model, new double[loads.Count], ExportLimit.Free);

    public FactorLoads Loads { get; }

    /// <summary>Bus of each load in the whole grid.</summary>
    public int[] BusOf { get; }

    public DemandModel Model { get; private set; }

    public double HeatC { get; private set; }

    /// <summary>Logarithm of what each load, but for what is <see cref="Apart"/>, grows by from day to day.</summary>
    public double[] DailyGrowth { get; }

    /// <summary>What a transformer may feed back.</summary>
    public ExportLimit Exports { get; private set; }

    public ShiftLoad? Shift { get; private set; }

    /// <summary>What tariff hours make of it; null where they are left as they are.</summary>
    public TariffResponse? Tariff { get; private set; }

    /// <param name="scenario">Its estimates are taken as likely; a future's own are in <see cref="Scenario.Drawn"/>.</param>
    /// <param name="from">The city.</param>
    /// <param name="grid">The city's grid as the same levers have it.</param>
    /// <exception cref="ScenarioException">A lever names nothing, or stands twice where it can stand once.</exception>
    public static LoadLevers Apply(Scenario scenario, StudyBase from, ScenarioGrid grid)
    {
        var (elements, today) = (from.Elements, from.Demand.Loads);
        var added = scenario.Levers.OfType<NewLoad>().ToList();
        var loads = new FactorLoads(today.Count + added.Count, today.Factors);
        today.WeightP.CopyTo(loads.WeightP, 0);
        today.WeightQ.CopyTo(loads.WeightQ, 0);
        today.SigmaKw.CopyTo(loads.SigmaKw, 0);
        var busOf = new int[loads.Count];
        for (var t = 0; t < today.Count; t++) busOf[t] = elements.Grid.BusOf(t);
        var levers = new LoadLevers(loads, busOf, from.Demand.Model);
        var next = today.Count;
        for (var i = 0; i < scenario.Levers.Length; i++) levers.Apply(scenario, from, grid, i, ref next);
        // Who pays by the hour is known once every load is there.
        if (scenario.Levers.OfType<TariffShift>().SingleOrDefault() is { Percent.Likely: > 0 and var percent }) levers.Tariff = new(from.Rules.Tariffs, levers.Model.Calendar, percent / 100, loads);
        return levers;
    }

    private void Apply(Scenario scenario, StudyBase from, ScenarioGrid grid, int i, ref int next)
    {
        var (lever, field) = (scenario.Levers[i], $"levers[{i}]");
        switch (lever)
        {
            case HeatWave heat:
                HeatC += heat.DeltaC.Likely;
                break;
            case CoolingEfficiency cooling:
                Model = Model with { CoolingEfficiency = Model.CoolingEfficiency / cooling.Ratio.Likely };
                break;
            case ElectricMotorbikes bikes:
                Once<ElectricMotorbikes>(scenario, i);
                Model = Model with { Motorbike = Model.Motorbike with { KmADay = bikes.KmPerDay.Likely, KwhPerKm = bikes.KwhPerKm.Likely }, MotorbikeCharging = bikes.Charging };
                for (var t = 0; t < from.People.Length; t++) Loads.P(t, Factor.Motorbikes) += bikes.Share.Likely * bikes.BikesPerPerson.Likely * from.People[t];
                break;
            case ElectricCars cars:
                Once<ElectricCars>(scenario, i);
                Model = Model with { Car = Model.Car with { KmADay = cars.KmPerDay.Likely, KwhPerKm = cars.KwhPerKm.Likely }, CarCharging = cars.Charging };
                for (var t = 0; t < from.People.Length; t++) Loads.P(t, Factor.Cars) += cars.Share.Likely * from.People[t] / cars.PeoplePerHousehold.Likely;
                break;
            case MorePv pv:
                AddPv(pv, from.Demand.Loads);
                break;
            case Growth growth:
                Grow(growth, from.Elements.TransformersBelow(growth.Below, $"{field}.below"));
                break;
            case NewLoad load:
                Add(load, load.Kva is null ? from.Elements.Node(load.At, $"{field}.at") : grid.BusAddedBy(i), next++);
                break;
            case ShiftLoad shift:
                Once<ShiftLoad>(scenario, i);
                Shift = shift;
                break;
            case TariffShift:
                Once<TariffShift>(scenario, i);
                if (from.Rules.Tariffs.IsEmpty) throw new ScenarioException(field, $"the country's file knows no tariff hours ('{from.Rules.Criteria.Name}'); say with shiftLoad which hours are meant");
                break;
        }
    }

    private void AddPv(MorePv pv, FactorLoads today)
    {
        if (pv.Exports.Kw < Exports.Kw) Exports = pv.Exports;
        var size = new double[today.Count];
        for (var t = 0; t < size.Length; t++) size[t] = MeanKw(today, t);
        var all = size.Sum();
        if (all <= 0) return;
        for (var t = 0; t < size.Length; t++) Loads.P(t, Factor.Pv) += pv.Mwp.Likely * 1000 * size[t] / all;
    }

    private void Grow(Growth growth, int[] transformers)
    {
        var once = 1 + (growth.Percent.Likely / 100);
        foreach (var t in transformers)
        {
            var row = t * Loads.Factors;
            for (var k = 0; k < Loads.Factors; k++)
            {
                if (Apart.Contains(k)) continue;
                Loads.WeightP[row + k] *= once;
                Loads.WeightQ[row + k] *= once;
            }
            Loads.SigmaKw[t] *= once;
            DailyGrowth[t] += Math.Log(1 + (growth.PercentPerYear.Likely / 100)) / 365.25;
        }
    }

    private void Add(NewLoad load, int bus, int at)
    {
        BusOf[at] = bus;
        var shapes = Model.Shapes;
        var most = Enumerable.Range(0, Quarters.ADay).Max(quarter => shapes.At(load.Customers, DayKind.Workday, quarter));
        var kw = load.Kw.Likely / most;
        Loads.P(at, Factor.Base(load.Customers)) = kw;
        Loads.P(at, Factor.Cooling(load.Customers)) = kw * shapes.CoolingPerC[(int)load.Customers];
        var tangent = Math.Tan(Math.Acos(NewLoad.PowerFactor));
        Loads.Q(at, Factor.Base(load.Customers)) = kw * tangent;
        Loads.Q(at, Factor.Cooling(load.Customers)) = kw * tangent * shapes.CoolingPerC[(int)load.Customers];
    }

    private static double MeanKw(FactorLoads loads, int t)
    {
        var kw = 0.0;
        for (var c = CustomerClass.Household; c <= CustomerClass.Pumping; c++) kw += Math.Max(0, loads.P(t, Factor.Base(c)));
        return kw;
    }

    private static void Once<T>(Scenario scenario, int i)
        where T : Lever
    {
        if (scenario.Levers.Take(i).OfType<T>().Any()) throw new ScenarioException($"levers[{i}]", "this lever can stand once in a scenario");
    }
}
