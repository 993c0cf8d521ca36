using MekongTwin.Domain.Assets;

namespace MekongTwin.Engines.Demand;

/// <summary>Shifts of a new industrial estate; assumed until somebody says otherwise.</summary>
/// <param name="FromHour">When work begins.</param>
/// <param name="Hours">Hours of work: 8, 16 or 24.</param>
/// <param name="IdleShare">What runs outside of them and on free days.</param>
public sealed record ShiftPattern(double FromHour = 6, double Hours = 16, double IdleShare = 0.35)
{
    public double At(int quarter, DayKind kind) =>
        kind is DayKind.Workday or DayKind.Saturday && ((quarter * Quarters.Hours) - FromHour + 24) % 24 < Hours ? 1 : IdleShare;
}

/// <summary>
/// What the factors are made of. Immutable: a lever is a <c>with</c>. Only the cooling factors and rooftop PV (by its cells) follow the temperature.
/// </summary>
public sealed record DemandModel
{
    public required Place Place { get; init; }

    public DayCalendar Calendar { get; init; } = DayCalendar.VietNam;

    public ClassShapes Shapes { get; init; } = ClassShapes.Assumed;

    public Cooling Cooling { get; init; } = Cooling.Default;

    /// <summary>Efficiency of air conditioners against today's: r times as efficient takes 1/r.</summary>
    public double CoolingEfficiency { get; init; } = 1;

    public RooftopPv Pv { get; init; } = RooftopPv.Default;

    public Vehicle Motorbike { get; init; } = Vehicle.Motorbike;

    public Vehicle Car { get; init; } = Vehicle.Car;

    /// <summary>When vehicles that a lever adds charge.</summary>
    public ChargingStrategy MotorbikeCharging { get; init; } = ChargingStrategy.Evening;

    public ChargingStrategy CarCharging { get; init; } = ChargingStrategy.Evening;

    public ShiftPattern Industry { get; init; } = new();

    /// <summary>The factors over a weather. Buildings remember about two days: let the weather begin that long before what is looked at, and slice.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The efficiency is not above 0.</exception>
    public FactorSeries Series(Weather weather)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(CoolingEfficiency);
        var steps = weather.Steps;
        var values = new double[Factor.Count * steps];
        var response = Cooling.ResponseC(weather);
        var (bikes, cars) = (Charging.Profile(Motorbike, MotorbikeCharging), Charging.Profile(Car, CarCharging));
        var own = OwnShapes();
        for (var step = 0; step < steps; step++)
        {
            var time = Quarters.At(weather.FirstStep, step);
            var (quarter, kind) = (Quarters.OfDay(time), Calendar.KindOf(DateOnly.FromDateTime(time)));
            for (var c = CustomerClass.Household; c <= CustomerClass.Pumping; c++)
            {
                var shape = Shapes.At(c, kind, quarter);
                values[(Factor.Base(c) * steps) + step] = shape;
                values[(Factor.Cooling(c) * steps) + step] = shape * response[step] / CoolingEfficiency;
            }
            values[(Factor.Pv * steps) + step] = -Pv.KwPerKwp(weather, step, Place);
            values[(Factor.Motorbikes * steps) + step] = bikes[quarter];
            values[(Factor.Cars * steps) + step] = cars[quarter];
            values[(Factor.Industry * steps) + step] = Industry.At(quarter, kind);
            for (var shape = 0; shape < Factor.OwnShapes; shape++) values[((Factor.Own + shape) * steps) + step] = own[((((int)kind * Factor.OwnShapes) + shape) * Quarters.ADay) + quarter];
        }
        return new(weather.FirstStep, steps, values);
    }

    private static double[] OwnShapes()
    {
        var own = new double[ClassShapes.Kinds * Factor.OwnShapes * Quarters.ADay];
        for (var i = 0; i < own.Length; i++) own[i] = Factor.OwnAt(i / Quarters.ADay % Factor.OwnShapes, i % Quarters.ADay, (DayKind)(i / Quarters.ADay / Factor.OwnShapes));
        return own;
    }
}
