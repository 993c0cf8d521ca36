namespace MekongTwin.Scenarios.Studies;

/// <summary>What one future came to.</summary>
internal sealed class FutureOutcome(int days, ElementTally elements)
{
    public ElementTally Elements { get; } = elements;

    /// <summary>Highest power that enters the city in a step of each day, kW.</summary>
    public float[] DailyPeakKw { get; } = new float[days];

    /// <summary>Power that enters in each step of the first day, kW.</summary>
    public float[] FirstDayKw { get; } = new float[IFutureLoads.Steps];

    /// <summary>Least power that enters the city in a step of the hours of full sun of each day, kW; 0 where it is not asked for.</summary>
    public float[] DailyLeastKw { get; } = new float[days];

    public double EnergyKwh { get; set; }

    public double LossesKwh { get; set; }

    public double UnservedKwh { get; set; }

    /// <summary>Steps of feeders that could not be solved: voltage collapses.</summary>
    public int Unsolved { get; set; }

    public double PeakKw => DailyPeakKw.Max();
}
