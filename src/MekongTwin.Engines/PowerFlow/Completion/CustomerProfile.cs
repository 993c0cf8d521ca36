using MekongTwin.Domain.Assets;

namespace MekongTwin.Engines.PowerFlow.Completion;

/// <summary>
/// What a customer of a class takes when nobody measures it. All figures are assumed, own and rough: they only say how the loads of one
/// feeder stand to each other, since the feeder's head says how much they are together.
/// </summary>
/// <param name="MeanKw">Mean power of a customer.</param>
/// <param name="Spread">Standard deviation of one customer's mean, as a share of it.</param>
/// <param name="Tangent">Reactive to active power.</param>
/// <param name="EveryThirdHour">Power at 0, 3, ... 21 o'clock against the mean; between them it goes straight.</param>
internal sealed record CustomerProfile(double MeanKw, double Spread, double Tangent, double[] EveryThirdHour)
{
    private static readonly CustomerProfile[] All =
    [
        new(0.4, 0.7, 0.33, [0.95, 0.85, 0.85, 0.9, 1.0, 0.95, 1.25, 1.25]),
        new(2, 1.0, 0.4, [0.7, 0.7, 0.75, 1.15, 1.2, 1.25, 1.2, 1.05]),
        new(120, 0.6, 0.36, [0.95, 0.9, 0.95, 1.0, 1.05, 1.05, 1.1, 1.0]),
        new(250, 0.7, 0.46, [0.85, 0.85, 0.9, 1.15, 1.1, 1.15, 1.05, 0.95]),
        new(3, 0.5, 0.43, [2.2, 2.2, 0.4, 0, 0, 0, 1.0, 2.2]),
        new(60, 0.7, 0.54, [0.9, 0.9, 1.1, 1.05, 1.0, 1.0, 1.1, 0.95]),
    ];

    public static CustomerProfile Of(CustomerClass customers) => All[(int)customers];

    /// <summary>Power against the mean at a local hour, 0 to 24.</summary>
    public double At(double hour)
    {
        var at = hour / 3;
        var from = (int)Math.Floor(at);
        var share = at - from;
        return ((1 - share) * EveryThirdHour[from & 7]) + (share * EveryThirdHour[(from + 1) & 7]);
    }
}
