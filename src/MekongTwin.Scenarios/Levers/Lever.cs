using System.Text.Json.Serialization;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Scenarios.Levers;

/// <summary>
/// Something a planner moves. Ids are asset paths below the city, or the network's own ids of lines and nodes. What is an
/// <see cref="Estimate"/> may be uncertain; what a planner decides is exact.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(HeatWave), "heatWave")]
[JsonDerivedType(typeof(ElectricMotorbikes), "electricMotorbikes")]
[JsonDerivedType(typeof(ElectricCars), "electricCars")]
[JsonDerivedType(typeof(MorePv), "rooftopPv")]
[JsonDerivedType(typeof(Growth), "growth")]
[JsonDerivedType(typeof(NewLoad), "newLoad")]
[JsonDerivedType(typeof(CoolingEfficiency), "coolingEfficiency")]
[JsonDerivedType(typeof(ShiftLoad), "shiftLoad")]
[JsonDerivedType(typeof(TariffShift), "tariffHours")]
[JsonDerivedType(typeof(BatteryStorage), "battery")]
[JsonDerivedType(typeof(Outage), "outage")]
[JsonDerivedType(typeof(SwitchLine), "switchLine")]
[JsonDerivedType(typeof(FeederTransfer), "feederTransfer")]
[JsonDerivedType(typeof(NewFeeder), "newFeeder")]
[JsonDerivedType(typeof(Reinforce), "reinforce")]
[JsonDerivedType(typeof(HeadVoltage), "headVoltage")]
[JsonDerivedType(typeof(TransformerTap), "transformerTap")]
[JsonDerivedType(typeof(Capacitor), "capacitor")]
public abstract record Lever
{
    /// <summary>The same with every estimate as it turns out in one future; equal to this when all are exact.</summary>
    internal virtual Lever Drawn(LeverDraw draw) => this;
}

/// <summary>Every hour is so much warmer, at its own dew point: humid heat is not invented.</summary>
/// <param name="DeltaC">°C, −10 to 10.</param>
public sealed record HeatWave(Estimate DeltaC) : Lever
{
    internal override Lever Drawn(LeverDraw draw) => this with { DeltaC = draw.Of(0, DeltaC) };
}

/// <summary>Share of all motorbikes that are electric and charged at home, beyond those of today.</summary>
/// <param name="Share">0 to 1.</param>
/// <param name="Charging">When.</param>
public sealed record ElectricMotorbikes(Estimate Share, ChargingStrategy Charging) : Lever
{
    /// <summary>Motorbikes a person.</summary>
    public Estimate BikesPerPerson { get; init; } = 0.7;

    public Estimate KmPerDay { get; init; } = 20;

    public Estimate KwhPerKm { get; init; } = 0.035;

    internal override Lever Drawn(LeverDraw draw) => this with
    {
        Share = draw.Of(0, Share), BikesPerPerson = draw.Of(1, BikesPerPerson), KmPerDay = draw.Of(2, KmPerDay), KwhPerKm = draw.Of(3, KwhPerKm),
    };
}

/// <summary>Share of households with an electric car.</summary>
/// <param name="Share">0 to 1.</param>
/// <param name="Charging">When.</param>
public sealed record ElectricCars(Estimate Share, ChargingStrategy Charging) : Lever
{
    public Estimate PeoplePerHousehold { get; init; } = 3.5;

    public Estimate KmPerDay { get; init; } = 35;

    public Estimate KwhPerKm { get; init; } = 0.17;

    internal override Lever Drawn(LeverDraw draw) => this with
    {
        Share = draw.Of(0, Share), PeoplePerHousehold = draw.Of(1, PeoplePerHousehold), KmPerDay = draw.Of(2, KmPerDay), KwhPerKm = draw.Of(3, KwhPerKm),
    };
}

/// <summary>Rooftop PV beyond that of today: peak power of the panels, spread over customers by their energy.</summary>
/// <param name="Mwp">MWp of the whole city.</param>
public sealed record MorePv(Estimate Mwp) : Lever
{
    /// <summary>Of every transformer, today's panels included; of several levers the lowest holds.</summary>
    public ExportLimit Exports { get; init; } = ExportLimit.Free;

    internal override Lever Drawn(LeverDraw draw) => this with { Mwp = draw.Of(0, Mwp) };
}

/// <summary>More of every load, from the first day on.</summary>
/// <param name="Percent">−50 to 200, once.</param>
/// <param name="PercentPerYear">−20 to 50, compounded by the day from the second year on as well.</param>
public sealed record Growth(Estimate Percent, Estimate PercentPerYear) : Lever
{
    /// <summary>Only the transformers below this asset (a district, a feeder); null is the city.</summary>
    public string? Below { get; init; }

    internal override Lever Drawn(LeverDraw draw) => this with { Percent = draw.Of(0, Percent), PercentPerYear = draw.Of(1, PercentPerYear) };
}

/// <summary>A new load, taken at medium voltage at the node of an existing transformer, or behind a new transformer there.</summary>
/// <param name="At">A transformer at whose node it stands.</param>
/// <param name="Kw">Peak, kW.</param>
/// <param name="Customers">Whose profile it has.</param>
public sealed record NewLoad(string At, Estimate Kw, Domain.Assets.CustomerClass Customers) : Lever
{
    /// <summary>Assumed, lagging.</summary>
    public const double PowerFactor = 0.95;

    /// <summary>Rating of the new transformer; null: it is taken at medium voltage.</summary>
    public double? Kva { get; init; }

    internal override Lever Drawn(LeverDraw draw) => this with { Kw = draw.Of(0, Kw) };
}

/// <summary>Air conditioners take this share of the energy of today for the same cooling.</summary>
/// <param name="Ratio">0.3 to 1.5.</param>
public sealed record CoolingEfficiency(Estimate Ratio) : Lever
{
    internal override Lever Drawn(LeverDraw draw) => this with { Ratio = draw.Of(0, Ratio) };
}

/// <summary>A share of the load between two hours is not taken then; what is caught up comes evenly in the two hours after.</summary>
/// <param name="Percent">Of every load, 0 to 50.</param>
/// <param name="FromHour">0 to 24.</param>
/// <param name="ToHour">Later than that, at most 22.</param>
public sealed record ShiftLoad(Estimate Percent, double FromHour, double ToHour) : Lever
{
    /// <summary>Share of the energy that is caught up within the day, 0 to 1.</summary>
    public Estimate Rebound { get; init; } = 1;

    internal override Lever Drawn(LeverDraw draw) => this with { Percent = draw.Of(0, Percent), Rebound = draw.Of(1, Rebound) };
}

/// <summary>
/// Customers who pay by the country's tariff hours take a share of what they take in dear hours, less what their roofs give, evenly in the cheap hours of
/// the same day instead: no energy is lost, and a day without either stays as it is.
/// </summary>
/// <param name="Percent">0 to 50.</param>
public sealed record TariffShift(Estimate Percent) : Lever
{
    internal override Lever Drawn(LeverDraw draw) => this with { Percent = draw.Of(0, Percent) };
}

/// <summary>When a battery charges and discharges.</summary>
public enum BatterySchedule
{
    /// <summary>It holds the lowest level of the day's load that one cycle can hold, knowing the day.</summary>
    PeakShaving,

    /// <summary>It charges and discharges evenly between hours of the clock.</summary>
    Evening,
}

/// <summary>A battery: every day ends with the charge it began with.</summary>
/// <param name="At">A transformer (its low-voltage side), or a line or feeder (behind its line): it follows what is fed through it.</param>
/// <param name="Kwh">Usable.</param>
/// <param name="Kw">Both ways.</param>
public sealed record BatteryStorage(string At, double Kwh, double Kw) : Lever
{
    /// <summary>Energy out over energy in.</summary>
    public double RoundTrip { get; init; } = 0.9;

    public BatterySchedule Schedule { get; init; } = BatterySchedule.PeakShaving;

    /// <summary>Hours of the evening schedule: out between these, in between those.</summary>
    public double FromHour { get; init; } = 18;

    public double ToHour { get; init; } = 22;

    public double ChargeFromHour { get; init; } = 10;

    public double ChargeToHour { get; init; } = 14;
}

/// <summary>Out of service every day between two hours of the city's clock; what it feeds is unserved.</summary>
/// <param name="Element">A transformer, a feeder or a line.</param>
/// <param name="FromHour">0 to 24.</param>
/// <param name="ToHour">Later than that.</param>
public sealed record Outage(string Element, double FromHour, double ToHour) : Lever;

/// <summary>A line's switch stands open or closed.</summary>
public sealed record SwitchLine(string Line, bool Closed) : Lever;

/// <summary>Moves an open point: what lies between the two lines is fed from the other side. Nothing is left without supply, no ring is made.</summary>
/// <param name="Close">A line that stands open.</param>
/// <param name="Open">A line that is closed.</param>
public sealed record FeederTransfer(string Close, string Open) : Lever;

/// <summary>A new feeder from a busbar of its own to a node: the node and what hangs on it are fed by it, and the line that fed it opens.</summary>
/// <param name="At">A node, or a transformer for its node.</param>
/// <param name="LengthKm">0.01 to 50; a new substation at the node is a short one.</param>
public sealed record NewFeeder(string At, double LengthKm) : Lever
{
    /// <summary>One of the city's conductors; null is that with the highest rating.</summary>
    public string? Conductor { get; init; }
}

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

/// <summary>The off-load tap of transformers: their voltage at no load is so much higher at the low side.</summary>
/// <param name="RaisePercent">−5 to 5 against the middle tap; most have steps of 2.5.</param>
public sealed record TransformerTap(double RaisePercent) : Lever
{
    /// <summary>A transformer, or those below a district or feeder; null is the city.</summary>
    public string? Below { get; init; }
}

/// <summary>A capacitor at a node of the medium voltage, always on.</summary>
/// <param name="At">A node, or a transformer for its node.</param>
/// <param name="Kvar">At nominal voltage.</param>
public sealed record Capacitor(string At, double Kvar) : Lever;
