using MekongTwin.Engines.Demand;

namespace MekongTwin.Scenarios.Levers;

/// <summary>Something a planner moves. Ids are asset paths below the city, or the network's own ids of lines.</summary>
public abstract record Lever;

/// <summary>Every hour is so much warmer, at its own dew point: humid heat is not invented.</summary>
/// <param name="DeltaC">°C, −10 to 10.</param>
public sealed record HeatWave(double DeltaC) : Lever;

/// <summary>Share of all motorbikes that are electric and charged at home, beyond those of today.</summary>
/// <param name="Share">0 to 1.</param>
/// <param name="Charging">When.</param>
public sealed record ElectricMotorbikes(double Share, ChargingStrategy Charging) : Lever
{
    /// <summary>Motorbikes a person.</summary>
    public double BikesPerPerson { get; init; } = 0.7;

    public double KmPerDay { get; init; } = 20;

    public double KwhPerKm { get; init; } = 0.035;
}

/// <summary>Share of households with an electric car.</summary>
/// <param name="Share">0 to 1.</param>
/// <param name="Charging">When.</param>
public sealed record ElectricCars(double Share, ChargingStrategy Charging) : Lever
{
    public double PeoplePerHousehold { get; init; } = 3.5;

    public double KmPerDay { get; init; } = 35;

    public double KwhPerKm { get; init; } = 0.17;
}

/// <summary>Rooftop PV beyond that of today: peak power of the panels, spread over customers by their energy.</summary>
/// <param name="Mwp">MWp of the whole city.</param>
public sealed record MorePv(double Mwp) : Lever
{
    /// <summary>False: what a transformer would feed back is curtailed (zero export).</summary>
    public bool Exports { get; init; } = true;
}

/// <summary>More of every load, from the first day on.</summary>
/// <param name="Percent">−50 to 200, once.</param>
/// <param name="PercentPerYear">−20 to 50, compounded by the day from the second year on as well.</param>
public sealed record Growth(double Percent, double PercentPerYear) : Lever
{
    /// <summary>Only the transformers below this asset (a district, a feeder); null is the city.</summary>
    public string? Below { get; init; }
}

/// <summary>A new load behind a transformer of its own: it is taken at medium voltage, at the node of an existing transformer.</summary>
/// <param name="At">A transformer at whose node it stands.</param>
/// <param name="Kw">Peak, kW.</param>
/// <param name="Customers">Whose profile it has.</param>
public sealed record NewLoad(string At, double Kw, Domain.Assets.CustomerClass Customers) : Lever
{
    /// <summary>Assumed, lagging.</summary>
    public const double PowerFactor = 0.95;
}

/// <summary>Air conditioners take this share of the energy of today for the same cooling.</summary>
/// <param name="Ratio">0.3 to 1.5.</param>
public sealed record CoolingEfficiency(double Ratio) : Lever;

/// <summary>Out of service every day between two hours of the city's clock; what it feeds is unserved.</summary>
/// <param name="Element">A transformer, a feeder or a line.</param>
/// <param name="FromHour">0 to 24.</param>
/// <param name="ToHour">Later than that.</param>
public sealed record Outage(string Element, double FromHour, double ToHour) : Lever;

/// <summary>A line's switch stands open or closed: two of them move an open point.</summary>
public sealed record SwitchLine(string Line, bool Closed) : Lever;

/// <summary>A parallel or larger element: ratings times this, impedance divided by it.</summary>
/// <param name="Element">A transformer or a line.</param>
/// <param name="Factor">1 to 10.</param>
public sealed record Reinforce(string Element, double Factor) : Lever;

/// <summary>Voltage held at the head of a feeder, or of all.</summary>
/// <param name="Pu">0.9 to 1.1.</param>
public sealed record HeadVoltage(double Pu) : Lever
{
    public string? Feeder { get; init; }
}

/// <summary>A share of the load between two hours is not taken then; what is caught up comes evenly in the two hours after.</summary>
/// <param name="Percent">Of every load, 0 to 50.</param>
/// <param name="FromHour">0 to 24.</param>
/// <param name="ToHour">Later than that, at most 22.</param>
public sealed record ShiftLoad(double Percent, double FromHour, double ToHour) : Lever
{
    /// <summary>Share of the energy that is caught up within the day, 0 to 1.</summary>
    public double Rebound { get; init; } = 1;
}
