using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Model;

/// <summary>The weather of the city at an instant: air temperature, °C, relative humidity, %, cloud cover, 0 to 1, rain, mm/h, wind, m/s.</summary>
internal readonly record struct WeatherState(double TemperatureC, double HumidityPercent, double Cloud, double RainMmPerHour, double WindMs);

/// <summary>
/// The weather as a pure function of time, one for load, sun, air, rivers and traffic together: monthly means, spells of
/// several days, a daily swing that clouds flatten, rain out of the wettest spells. Everything but the monthly means is assumed.
/// </summary>
internal sealed class Weather(ClimateFile climate, Noise noise)
{
    private const double WarmestHour = 14;
    private const long HourMs = 3_600_000;
    private const long DayMs = 24 * HourMs;

    /// <summary>Rain falls while the wetness is above this; <see cref="MeanExcess"/> is the mean of the squared excess then and otherwise.</summary>
    private const double WetnessMin = 0.30;
    private const double MeanExcess = 0.0071;

    /// <summary>Relative humidity falls by so much for each °C above the month's mean: about a constant dew point.</summary>
    private const double HumidityPerC = 3.5;

    /// <summary>A spell that the folder names holds for this long on both sides, and is gone after twice as much again.</summary>
    private const double SpellHoldDays = 0.75;
    private const double SpellEndDays = 4.5;

    /// <summary>The weather of a city under a seed: whoever asks for it, it is the same.</summary>
    public static Weather Of(CityFolder folder, long seed) => new(folder.Simulation.Climate, Noise.For(seed, folder.City.Id + "/weather"));

    public WeatherState At(long timeMs, LocalTime local)
    {
        var (spell, spellC) = Spell(local);
        var anomalyC = (1 - spell) * climate.DaySpreadC * noise.At(timeMs, 3 * DayMs, 0) + spell * spellC;
        var rain = RainAt(timeMs, local);
        var cloud = Math.Clamp((1 - spell) * (0.2 + 0.04 * Monthly(climate.MonthlyRainMmPerDay, local) + 0.35 * noise.At(timeMs, 2 * DayMs, 1) + 0.15 * noise.At(timeMs, 3 * HourMs, 2) - 0.05 * anomalyC) + rain, 0, 1);
        var meanC = Monthly(climate.MonthlyMeanC, local) + climate.CoastalOffsetC;
        var wet = rain / (rain + 2);
        var temperatureC = meanC + anomalyC + climate.DailySwingC * (1.15 - 0.5 * cloud) * Math.Cos((local.Hour - WarmestHour) * Math.PI / 12) - 1.5 * wet;
        var humidity = Math.Clamp(Monthly(climate.MonthlyHumidityPercent, local) - HumidityPerC * (temperatureC - meanC) + 12 * wet, 25, 100);
        // A sea breeze by day, gusts with the rain.
        var wind = 1.2 + 1.6 * Math.Max(0, Math.Cos((local.Hour - 15) * Math.PI / 12)) + 1.2 * Math.Abs(noise.At(timeMs, DayMs, 5)) + 2 * wet;
        return new(temperatureC, humidity, cloud, rain, wind);
    }

    /// <summary>Rain over the city, mm/h: over the years its monthly means are the climate's.</summary>
    public double RainAt(long timeMs, LocalTime local)
    {
        var wetness = 0.45 * noise.At(timeMs, 2 * DayMs, 1) + 0.35 * noise.At(timeMs, 9 * HourMs, 3) + 0.2 * noise.At(timeMs, HourMs, 4);
        var excess = Math.Max(0, wetness - WetnessMin);
        return (1 - Spell(local).Weight) * Monthly(climate.MonthlyRainMmPerDay, local) / 24 * excess * excess / MeanExcess;
    }

    /// <summary>
    /// Global irradiance, W/m², at a place so many ms of drifting clouds east of the city's middle. Clear sky after Haurwitz
    /// (1945), cloud after Kasten and Czeplak (1980); a field of clouds passes with the wind from the west.
    /// </summary>
    public double IrradianceWm2(long timeMs, LocalTime local, double cloud, long driftMs)
    {
        var sine = SineOfElevation(local, climate.Latitude);
        if (sine <= 0) return 0;
        var passing = Math.Clamp(cloud + 2.4 * cloud * (1 - cloud) * noise.At(timeMs - driftMs, 15 * 60_000, 6), 0, 1);
        return 1098 * sine * Math.Exp(-0.057 / sine) * (1 - 0.75 * Math.Pow(passing, 3.4));
    }

    /// <summary>Declination after Cooper (1969); solar noon is taken as 12:00 local, which is within half an hour in the Mekong countries.</summary>
    private static double SineOfElevation(LocalTime local, double latitude)
    {
        var declination = 23.45 * Math.PI / 180 * Math.Sin(2 * Math.PI * (284 + local.Date.DayOfYear) / 365);
        var phi = latitude * Math.PI / 180;
        return Math.Sin(phi) * Math.Sin(declination) + Math.Cos(phi) * Math.Cos(declination) * Math.Cos((local.Hour - 12) * Math.PI / 12);
    }

    /// <summary>How much the day belongs to a spell that the folder names, and its °C above the month's mean. Such days are clear.</summary>
    private (double Weight, double AboveMeanC) Spell(LocalTime local)
    {
        foreach (var spell in climate.Spells)
        {
            var days = Math.Abs(local.Date.DayNumber - spell.Date.DayNumber + (local.Hour - 12) / 24);
            if (days >= SpellEndDays) continue;
            var faded = Math.Clamp((days - SpellHoldDays) / (SpellEndDays - SpellHoldDays), 0, 1);
            return (0.5 * (1 + Math.Cos(Math.PI * faded)), spell.AboveMeanC);
        }
        return (0, 0);
    }

    /// <summary>Monthly values joined in the middle of each month.</summary>
    private static double Monthly(IReadOnlyList<double> values, LocalTime local)
    {
        var days = DateTime.DaysInMonth(local.Date.Year, local.Date.Month);
        var position = local.Date.Month - 1 + (local.Date.Day - 1 + local.Hour / 24) / days - 0.5;
        var from = (int)Math.Floor(position);
        var share = position - from;
        return (1 - share) * values[(from + 12) % 12] + share * values[(from + 13) % 12];
    }
}
