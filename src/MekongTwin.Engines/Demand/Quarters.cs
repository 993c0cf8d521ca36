namespace MekongTwin.Engines.Demand;

/// <summary>Steps of a quarter of an hour in local time; step 0 of a day is midnight.</summary>
public static class Quarters
{
    public const int ADay = 96;

    /// <summary>Hours of a step.</summary>
    public const double Hours = 0.25;

    /// <summary>Start of a step.</summary>
    public static DateTime At(DateTime first, int step) => first.AddTicks(step * (TimeSpan.TicksPerHour / 4));

    /// <summary>The step nearest to an instant, counted from <paramref name="first"/>; it may lie outside of a series.</summary>
    public static int Nearest(DateTime first, DateTime time) => (int)Math.Floor(((time - first).TotalHours / Hours) + 0.5);

    /// <summary>Step of the day, 0 to 95.</summary>
    public static int OfDay(DateTime time) => (int)(time.TimeOfDay.Ticks / (TimeSpan.TicksPerHour / 4));

    /// <exception cref="ArgumentException">The instant is not a full quarter of an hour.</exception>
    internal static void Need(DateTime first, string name)
    {
        if (first.Ticks % (TimeSpan.TicksPerHour / 4) != 0) throw new ArgumentException($"A series begins at a full quarter of an hour, not at {first:s}.", name);
    }
}
