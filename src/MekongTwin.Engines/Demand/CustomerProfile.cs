using MekongTwin.Domain.Assets;

namespace MekongTwin.Engines.Demand;

/// <summary>
/// What a customer of a class takes when nobody measures it. All figures are assumed, own and rough: they say how the loads of one
/// feeder stand to each other, and where a calibration begins.
/// </summary>
/// <param name="MeanKw">Mean power of a customer over a working day.</param>
/// <param name="Spread">Standard deviation of one customer's mean, as a share of it.</param>
/// <param name="Tangent">Reactive to active power.</param>
/// <param name="EveryThirdHour">Power at 0, 3, ... 21 o'clock against the mean; between them it goes straight.</param>
/// <param name="Days">Power on a Saturday, a free day and in the new year's holidays against a working day.</param>
/// <param name="CoolingPerC">Rise for each °C above the cooling base, a share of the load without cooling.</param>
internal sealed record CustomerProfile(double MeanKw, double Spread, double Tangent, double[] EveryThirdHour, (double Saturday, double Free, double NewYear) Days, double CoolingPerC)
{
    private static readonly CustomerProfile[] All =
    [
        new(0.4, 0.7, 0.33, [0.95, 0.85, 0.85, 0.9, 1.0, 0.95, 1.25, 1.25], (1.02, 1.05, 0.95), 0.03),
        new(2, 1.0, 0.4, [0.7, 0.7, 0.75, 1.15, 1.2, 1.25, 1.2, 1.05], (0.95, 0.85, 0.5), 0.035),
        new(120, 0.6, 0.36, [0.95, 0.9, 0.95, 1.0, 1.05, 1.05, 1.1, 1.0], (1.05, 1.05, 1), 0.04),
        new(250, 0.7, 0.46, [0.85, 0.85, 0.9, 1.15, 1.1, 1.15, 1.05, 0.95], (0.9, 0.75, 0.4), 0.015),
        new(3, 0.5, 0.43, [2.2, 2.2, 0.4, 0, 0, 0, 1.0, 2.2], (1, 1, 1), 0),
        new(60, 0.7, 0.54, [0.9, 0.9, 1.1, 1.05, 1.0, 1.0, 1.1, 0.95], (1, 0.95, 0.85), 0),
    ];

    /// <summary>Classes of customers.</summary>
    public static int Count => All.Length;

    public static CustomerProfile Of(CustomerClass customers) => All[(int)customers];

    /// <summary>Power against the mean at a local hour, 0 to 24.</summary>
    public double At(double hour)
    {
        var at = hour / 3;
        var from = (int)Math.Floor(at);
        var share = at - from;
        return ((1 - share) * EveryThirdHour[from & 7]) + (share * EveryThirdHour[(from + 1) & 7]);
    }

    /// <summary>Power on a kind of day against that on a working day.</summary>
    public double On(DayKind kind) => kind switch
    {
        DayKind.Saturday => Days.Saturday,
        DayKind.Free => Days.Free,
        DayKind.NewYear => Days.NewYear,
        _ => 1,
    };
}
