namespace MekongTwin.Simulators.Model;

/// <summary>What the whole city shares at an instant, so that it is worked out once.</summary>
/// <param name="Shares">Load of each class as a share of its peak without cooling, cooling and growth included.</param>
/// <param name="VehicleKwPerHousehold">Charging of electric cars and motorcycles, kW per household.</param>
internal sealed record Moment(long TimeMs, LocalTime Local, WeatherState Weather, double FeltC, double[] Shares, double VehicleKwPerHousehold, IReadOnlyList<Transfer> Transfers);
