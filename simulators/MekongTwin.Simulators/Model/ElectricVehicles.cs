using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Model;

/// <summary>Charging of electric vehicles at home: motorcycles after work, cars in the night. Distances and shapes are assumed.</summary>
internal static class ElectricVehicles
{
    /// <summary>20 km at 0.035 kWh/km, and 35 km at 0.17 kWh/km.</summary>
    private const double MotorcycleKwhPerDay = 0.7;
    private const double CarKwhPerDay = 6;

    private static readonly DailyShape Motorcycles = Normal(new(.5, .3, .2, .1, .1, .1, .1, .1, .2, .2, .2, .3, .4, .3, .2, .2, .3, .5, .9, 1, 1, .9, .8, .6));
    private static readonly DailyShape Cars = Normal(new(1, 1, .9, .8, .6, .4, .2, .1, .1, .1, .1, .2, .2, .1, .1, .1, .1, .2, .3, .4, .6, .8, 1, 1));

    public static double Kw(LocalTime local, DemandFile demand) =>
        demand.ElectricMotorcycles * MotorcycleKwhPerDay * Motorcycles.At(local.Hour) + demand.ElectricCars * CarKwhPerDay * Cars.At(local.Hour);

    /// <summary>Scaled so that the hours of a day add up to one.</summary>
    private static DailyShape Normal(DailyShape shape)
    {
        var sum = Enumerable.Range(0, 24).Sum(hour => shape.At(hour));
        return new([.. Enumerable.Range(0, 24).Select(hour => shape.At(hour) / sum)]);
    }
}
