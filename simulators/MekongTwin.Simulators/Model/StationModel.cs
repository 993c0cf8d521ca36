using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Model;

/// <summary>
/// What the stations measure, of the same weather that moves load and traffic. Air and rivers are simple assumed models: fine
/// dust gathers when the wind is weak and the streets are full, and rain washes it out; a river rises with the rain of the last
/// days upstream, with what the reservoirs let go, and with the tide.
/// </summary>
internal sealed class StationModel
{
    private const long HourMs = 3_600_000;

    /// <summary>The river follows the rain of so many hours; most of it arrives after about ten.</summary>
    private const int CatchmentHours = 72;
    private const double PeakHours = 10;

    private const double MetresPerMm = 0.0057;
    private const double LowWaterM = 0.35;

    /// <summary>Periods in hours and amplitudes in m of the tide on this coast: M2, K1, O1. Amplitudes are rough.</summary>
    private static readonly (double Hours, double AmplitudeM)[] Tides = [(12.4206, 0.18), (23.9345, 0.22), (25.8193, 0.16)];

    private static readonly double[] Arrival = MakeArrival();

    private readonly TimeZoneInfo _zone;
    private readonly Weather _weather;
    private readonly StationFile[] _stations;
    private readonly Noise[] _noise;
    private readonly Noise _reservoir;

    public StationModel(CityFolder folder, long seed)
    {
        _zone = TimeZoneInfo.FindSystemTimeZoneById(folder.City.Zone);
        _weather = Weather.Of(folder, seed);
        _stations = [.. folder.Stations.Stations];
        _noise = [.. _stations.Select(station => Noise.For(seed, $"{folder.City.Id}/{station.Id}"))];
        _reservoir = Noise.For(seed, folder.City.Id + "/reservoir");
    }

    /// <summary>Air: PM2.5, PM10 and NO2, µg/m³.</summary>
    public (double Pm25, double Pm10, double No2) AirAt(int station, long timeMs)
    {
        var local = LocalTime.Of(timeMs, _zone);
        var weather = _weather.At(timeMs, local);
        var noise = _noise[station];
        var winter = 0.5 * (1 + Math.Cos(2 * Math.PI * (local.Date.DayOfYear - 20) / 365.25));
        var stagnation = 2 / (0.6 + weather.WindMs);
        var washed = 1 / (1 + 0.5 * weather.RainMmPerHour);
        var street = 0.6 + 0.8 * noise.Constant(0);
        var traffic = TrafficModel.WeekdayShape.At(local.Hour) * street;
        var ripple = 1 + 0.25 * noise.Layered(timeMs, 1);
        var pm25 = (10 + 16 * winter + 15 * traffic) * stagnation * washed * ripple;
        return (pm25, pm25 * (1.5 + 0.2 * noise.At(timeMs, 6 * HourMs, 4)) + 4 * stagnation, (6 + 34 * traffic) * stagnation * ripple);
    }

    /// <summary>Weather: temperature, °C, humidity, %, rain of the last hour, mm, and irradiance, W/m².</summary>
    public (double TemperatureC, double HumidityPercent, double RainMm, double IrradianceWm2) WeatherAt(int station, long timeMs)
    {
        var local = LocalTime.Of(timeMs, _zone);
        var weather = _weather.At(timeMs, local);
        var noise = _noise[station];
        var rainMm = Enumerable.Range(0, 6).Average(tenMinutes => RainAt(timeMs - tenMinutes * HourMs / 6)) * (0.8 + 0.4 * noise.Constant(1));
        return (weather.TemperatureC + 1.2 * (noise.Constant(0) - 0.5) + 0.3 * noise.Layered(timeMs, 2), Math.Clamp(weather.HumidityPercent + 2 * noise.Layered(timeMs, 6), 0, 100), rainMm,
            _weather.IrradianceWm2(timeMs, local, weather.Cloud, (long)(noise.Constant(2) * HourMs / 2)));
    }

    /// <summary>Level of a river on its gauge, m.</summary>
    public double LevelAt(int station, long timeMs)
    {
        var noise = _noise[station];
        var rainMm = 0.0;
        for (var hour = 0; hour < CatchmentHours; hour++) rainMm += Arrival[hour] * RainAt(timeMs - hour * HourMs);
        // Reservoirs let go when they are full: after days of rain, a few hours at a time.
        var release = rainMm > 2 ? 0.25 * Math.Max(0, _reservoir.At(timeMs, 8 * HourMs, 0)) : 0;
        var tideM = Tides.Sum(tide => tide.AmplitudeM * Math.Cos(2 * Math.PI * timeMs / (tide.Hours * HourMs)));
        var catchment = 0.7 + 0.6 * noise.Constant(0);
        return LowWaterM + catchment * CatchmentHours * MetresPerMm * rainMm + release + _stations[station].TideShare * tideM + 0.01 * noise.Layered(timeMs, 1);
    }

    private double RainAt(long timeMs) => _weather.RainAt(timeMs, LocalTime.Of(timeMs, _zone));

    /// <summary>Shares of the rain of each hour before: t·e^(−t/peak), in all 1.</summary>
    private static double[] MakeArrival()
    {
        var raw = Enumerable.Range(0, CatchmentHours).Select(hour => (hour + 0.5) * Math.Exp(-(hour + 0.5) / PeakHours)).ToArray();
        var sum = raw.Sum();
        return [.. raw.Select(share => share / sum)];
    }
}
