using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Series;

/// <summary>Deals windows out to longer steps in the city's zone.</summary>
internal static class Steps
{
    /// <summary>Every step from the one that holds fromUs up to toUs, with its windows; an empty step has none.</summary>
    public static IEnumerable<(long StartUs, long LengthUs, IReadOnlyList<T> Windows)> Over<T>(
        IReadOnlyList<T> windows, Func<T, long> startOf, CityCalendar calendar, WindowSize size, long fromUs, long toUs)
    {
        var i = 0;
        for (var start = calendar.Start(fromUs, size); start < toUs;)
        {
            var end = calendar.Next(start, size);
            while (i < windows.Count && startOf(windows[i]) < start) i++;
            var inside = new List<T>();
            for (; i < windows.Count && startOf(windows[i]) < end; i++) inside.Add(windows[i]);
            yield return (start, end - start, inside);
            start = end;
        }
    }
}
