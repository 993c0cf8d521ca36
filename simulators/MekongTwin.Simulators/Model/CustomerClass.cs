namespace MekongTwin.Simulators.Model;

/// <summary>
/// The load of a class of customers over the day, as a share of its yearly peak without cooling. The shapes are assumed
/// (Mekong cities: an afternoon and an evening hump, early mornings, a lunch dip in offices, cooled nights), no published
/// profile is copied. Together they give a hot working day about the load factor of Da Nang's public peak day, 0.85.
/// </summary>
internal sealed record CustomerClass(string Name, DailyShape Weekday, double SaturdayFactor, double SundayFactor, double CoolingWeight, double PowerFactor)
{
    /// <summary>All classes; a transformer names one of them.</summary>
    public static IReadOnlyList<CustomerClass> All { get; } =
    [
        new("household",
            new(.72, .68, .65, .63, .62, .62, .66, .64, .60, .60, .62, .68, .74, .72, .70, .70, .72, .78, .88, .97, 1.0, .97, .88, .79),
            1.04, 1.08, 1.0, .95),
        new("commercial",
            new(.40, .38, .37, .37, .38, .42, .50, .64, .82, .92, .97, .92, .85, .92, 1.0, 1.0, .97, .93, .88, .86, .80, .68, .52, .44),
            .88, .74, 1.2, .93),
        new("hotel",
            new(.74, .70, .67, .65, .65, .70, .78, .83, .82, .80, .80, .83, .86, .88, .88, .87, .86, .89, .95, 1.0, .98, .94, .87, .80),
            1.06, 1.04, 1.3, .94),
        new("industrial",
            new(.70, .68, .67, .67, .68, .72, .80, .92, .98, 1.0, 1.0, .95, .88, .96, 1.0, 1.0, .97, .91, .83, .79, .78, .76, .73, .71),
            .86, .65, .4, .91),
        new("mixed",
            new(.56, .53, .51, .50, .51, .55, .62, .67, .75, .81, .85, .84, .80, .83, .87, .88, .88, .89, .94, 1.0, .97, .88, .73, .62),
            .97, .92, 1.05, .94),
    ];

    /// <summary>The class of a transformer's only customer; several together are mostly households.</summary>
    public static CustomerClass Of(Cities.CustomerCounts? customers)
    {
        var only = customers is { ByClass: [var (name, count)] } && count == 1 ? name : "household";
        return All.FirstOrDefault(found => found.Name == only) ?? All.First(found => found.Name == "mixed");
    }

    /// <summary>Share of the peak at a local time, without cooling.</summary>
    public double ShareAt(LocalTime local) =>
        Weekday.At(local.Hour) * (local.IsSunday ? SundayFactor : local.IsSaturday ? SaturdayFactor : 1);
}
