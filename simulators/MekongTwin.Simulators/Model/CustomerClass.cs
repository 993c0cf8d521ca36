namespace MekongTwin.Simulators.Model;

/// <summary>
/// A class of customers. The shapes over the day are shares of the class's peak without cooling; they are assumed (Mekong
/// cities: an afternoon and an evening hump, early mornings, a lunch dip in offices, cooled nights), no published profile is
/// copied. <see cref="KwPerCustomer"/> only says how customers of several classes share a transformer.
/// </summary>
/// <param name="CoolingWeight">Cooling of the class against the city's mean; 0 for what heat does not move.</param>
/// <param name="NewYearFactor">What is left of the load in the middle of the new year's holidays.</param>
/// <param name="SummerShare">Part that comes with the season: more from May to August, less in winter (guests on the coast).</param>
internal sealed record CustomerClass(
    string Name, double KwPerCustomer, DailyShape Weekday, double SaturdayFactor, double FreeDayFactor, double CoolingWeight, double PowerFactor, double NewYearFactor, double SummerShare)
{
    public static IReadOnlyList<CustomerClass> All { get; } =
    [
        new("household", 0.45,
            new(.87, .85, .84, .83, .82, .81, .83, .81, .79, .79, .81, .85, .89, .88, .86, .85, .86, .89, .91, .96, .98, .97, .94, .91),
            1.03, 1.06, 1.15, .95, 0.93, 0),
        new("commercial", 2.2,
            new(.69, .68, .67, .67, .68, .70, .74, .81, .92, .96, .99, .97, .95, .97, 1.0, 1.0, .98, .96, .93, .93, .89, .83, .76, .71),
            .90, .78, 1.15, .93, 0.45, 0),
        new("hotel", 150,
            new(.86, .84, .82, .81, .81, .84, .88, .91, .90, .89, .89, .91, .93, .93, .93, .93, .93, .94, .97, 1.0, .99, .96, .93, .89),
            1.06, 1.04, 1.3, .94, 1.0, 0.25),
        new("industrial", 300,
            new(.85, .84, .83, .83, .84, .86, .90, .95, .99, 1.0, 1.0, .97, .95, .98, 1.0, 1.0, .98, .95, .92, .90, .89, .88, .86, .86),
            .88, .68, .45, .91, 0.3, 0),
        new("streetLight", 6,
            new(1, 1, 1, 1, 1, .9, .2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .1, .9, 1, 1, 1, 1, 1),
            1, 1, 0, .92, 1.0, 0),
        new("pumping", 80,
            new(.86, .86, .86, .86, .89, .95, 1.0, 1.0, .97, .95, .95, .92, .89, .89, .92, .95, 1.0, 1.0, .97, .92, .89, .86, .86, .86),
            1, .95, .1, .88, 0.8, 0.3),
    ];

    public static int IndexOf(string name)
    {
        for (var i = 0; i < All.Count; i++) if (All[i].Name == name) return i;
        throw new InvalidDataException($"grid.json: class \"{name}\" is not one of {string.Join(", ", All.Select(known => known.Name))}.");
    }

    /// <summary>Share of the peak at a local time, without cooling.</summary>
    public double ShareAt(LocalTime local, NewYear newYear)
    {
        var weekly = CityCalendar.IsFree(local.Date) ? FreeDayFactor : local.IsSaturday ? SaturdayFactor : 1;
        weekly += CityCalendar.NewYearDepth(local.Date, newYear) * (NewYearFactor - weekly);
        var summer = 1 - SummerShare * (1 + Math.Cos(2 * Math.PI * (local.Date.DayOfYear - 10) / 365.25)) / 2;
        return Weekday.At(local.Hour) * weekly * summer;
    }
}
