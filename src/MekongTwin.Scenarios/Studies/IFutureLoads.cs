namespace MekongTwin.Scenarios.Studies;

/// <summary>Loads of a city's futures. Thread-safe: every worker has its own room for some days.</summary>
internal interface IFutureLoads
{
    /// <summary>Quarters of an hour of a day.</summary>
    const int Steps = 96;

    /// <summary>Room of one worker.</summary>
    IStretchLoads MakeStretch();
}

/// <summary>Some days of one future.</summary>
internal interface IStretchLoads
{
    /// <summary>Draws the days; the same figures in any order of stretches, futures and workers.</summary>
    void Draw(int future, int firstDay, int days);

    /// <summary>Temperature of the air in each step of a day of the stretch, °C.</summary>
    ReadOnlySpan<double> AmbientC(int day);

    /// <summary>Writes what every bus of a feeder takes in every step of a day of the stretch, pu: buses times steps, one bus after the other. It writes every place.</summary>
    void Fill(int feeder, FeederGrid grid, int day, Span<double> p, Span<double> q);
}
