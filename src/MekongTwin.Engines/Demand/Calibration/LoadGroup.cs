using MekongTwin.Domain.Assets;

namespace MekongTwin.Engines.Demand.Calibration;

/// <summary>Loads whose largest class is the same, and their mean course; what <see cref="CityFit"/> finds of them.</summary>
internal sealed class LoadGroup(CustomerClass customers, int steps, int columns)
{
    public CustomerClass Class { get; } = customers;

    public int Loads { get; set; }

    /// <summary>Their mean kW together.</summary>
    public double Weight { get; set; }

    public double[] Share { get; } = new double[CustomerProfile.Count];

    public double[] Course { get; } = new double[steps];

    public int[] Reporting { get; } = new int[steps];

    /// <summary>Mean of the course at each quarter of the day.</summary>
    public double[] Mean { get; } = new double[Quarters.ADay];

    /// <summary>Sums of products of the columns (lower half; heat last), of columns times course, and of the course's squares.</summary>
    public double[] Gram { get; } = new double[columns * columns];

    public double[] Moment { get; } = new double[columns];

    public double Squares { get; set; }

    public double SlopePerC { get; set; }

    public double Pv { get; set; }

    public double[]? Still { get; set; }
}
