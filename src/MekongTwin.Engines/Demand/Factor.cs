using MekongTwin.Domain.Assets;

namespace MekongTwin.Engines.Demand;

/// <summary>
/// The factors that the loads of a city share, by number. A load is the sum of its weights times these; what a future changes is here, what
/// a lever adds at a node is a weight.
/// </summary>
public static class Factor
{
    private const int Classes = 6;

    /// <summary>A class of customers without cooling, 1 on average over a working day. Weight: its mean kW.</summary>
    public static int Base(CustomerClass customers) => (int)customers;

    /// <summary>Cooling of a class: its base times °C above the cooling base, over the efficiency of air conditioners. Weight: kW/°C.</summary>
    public static int Cooling(CustomerClass customers) => Classes + (int)customers;

    /// <summary>Rooftop PV: less the kW of each kWp. Weight: kWp.</summary>
    public const int Pv = 12;

    /// <summary>Charging of one more electric motorbike, and of one more car, kW. Weight: vehicles. Those that charge already are in the bases.</summary>
    public const int Motorbikes = 13;
    public const int Cars = 14;

    /// <summary>A new industrial estate in its shifts, 1 while all run. Weight: kW.</summary>
    public const int Industry = 15;

    /// <summary>What a load's own day has beyond its classes: see <see cref="OwnShapes"/>. Weight: kW.</summary>
    public const int Own = 16;

    /// <summary>Harmonics of the day.</summary>
    public const int Harmonics = 5;

    /// <summary>A cosine and a sine for each harmonic of the day, 1 on Saturdays, and on free days 1 and the first harmonic.</summary>
    public const int OwnShapes = (2 * Harmonics) + 4;

    public const int Count = Own + OwnShapes;

    /// <summary>Name of a factor, for reports.</summary>
    public static string Name(int factor) => factor switch
    {
        < Classes => $"{(CustomerClass)factor} base",
        < Pv => $"{(CustomerClass)(factor - Classes)} cooling",
        Pv => "rooftop PV",
        Motorbikes => "electric motorbikes",
        Cars => "electric cars",
        Industry => "new industry",
        < Count => $"own shape {factor - Own + 1}",
        _ => throw new ArgumentOutOfRangeException(nameof(factor), factor, $"There are {Count} factors."),
    };

    /// <summary>Value of the own shape at a step of the day.</summary>
    internal static double OwnAt(int shape, int quarter, DayKind kind)
    {
        var angle = 2 * Math.PI * quarter / Quarters.ADay;
        if (shape < 2 * Harmonics) return Wave(shape, angle);
        var isFree = kind == DayKind.Free;
        return (shape - (2 * Harmonics)) switch
        {
            0 => kind == DayKind.Saturday ? 1 : 0,
            1 => isFree ? 1 : 0,
            var wave => isFree ? Wave(wave - 2, angle) : 0,
        };
    }

    /// <summary>Cosine (even) or sine (odd) of the next harmonic after every two.</summary>
    internal static double Wave(int shape, double angle) => shape % 2 == 0 ? Math.Cos(angle * ((shape / 2) + 1)) : Math.Sin(angle * ((shape / 2) + 1));
}
