namespace MekongTwin.Engines.Demand;

/// <summary>
/// Climate of a city by month, January first. Temperature, humidity and rain are means of ERA5-Land over the province's polygon
/// (contains modified Copernicus Climate Change Service information); the rest is assumed.
/// </summary>
/// <param name="Years">Years that the means are of.</param>
/// <param name="BiasC">Added to the temperatures: polygons with hills read too low. Assumed; 0 where nothing is corrected.</param>
/// <param name="Place">Where the sun is seen from.</param>
public sealed record ClimateNormals(string Name, string Years, double[] MeanC, double[] HumidityPercent, double[] RainMmPerDay, double BiasC, Place Place)
{
    /// <summary>Half the daily swing under a clear sky and deviation of days from the month's mean, °C. Assumed.</summary>
    public double DailySwingC { get; init; } = 4;

    public double DaySpreadC { get; init; } = 1.6;

    /// <summary>The polygon includes the hills of Hòa Vang; +2 °C stands for the city on the coast.</summary>
    public static ClimateNormals DaNang { get; } = new(
        "Đà Nẵng", "1998-2010",
        [20.27, 21.49, 23.54, 25.77, 26.63, 27.66, 27.47, 26.9, 25.64, 24.03, 22.39, 20.44],
        [87.07, 86.52, 86.02, 84.27, 83.45, 79.66, 78.94, 81.59, 85.49, 87.79, 87.51, 88.02],
        [4.07, 2.28, 2.76, 3.5, 6.63, 4.66, 4.9, 6.53, 9.83, 10.39, 13.07, 9.1],
        2, new(16.06, 108.21, 7));

    public static ClimateNormals Vientiane { get; } = new(
        "Vientiane Capital", "1998-2010",
        [22.01, 24.34, 26.7, 28.13, 26.71, 26.49, 26.25, 25.89, 25.65, 25.52, 23.71, 21.79],
        [61.97, 60.05, 59.8, 67.77, 81.03, 85.86, 86.55, 87.83, 86.96, 78.91, 68.37, 62.84],
        [0.4, 0.62, 1.32, 3.28, 10.55, 11.78, 11.97, 13.81, 10.69, 3.45, 0.7, 0.19],
        0, new(17.97, 102.63, 7));

    public static ClimateNormals KhonKaen { get; } = new(
        "Khon Kaen", "1993-2022",
        [23.16, 25.34, 27.87, 29.07, 28.36, 28.01, 27.43, 26.85, 26.19, 25.44, 24.47, 22.59],
        [58.65, 55.71, 56.45, 61.89, 72.13, 73.63, 75.41, 79.25, 83.0, 77.42, 67.93, 60.99],
        [0.27, 0.53, 1.35, 2.67, 5.23, 4.52, 5.59, 6.71, 8.51, 4.08, 0.94, 0.19],
        0, new(16.43, 102.83, 7));
}

/// <summary>A place on earth, degrees north and east, and its time's hours before UTC.</summary>
public readonly record struct Place(double Latitude, double Longitude, double UtcHours);
