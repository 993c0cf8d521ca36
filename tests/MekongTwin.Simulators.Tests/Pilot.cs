using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Tests;

/// <summary>The Da Nang folder as it lies beside the tests.</summary>
internal static class Pilot
{
    public static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "cities", "vn-dad");

    public static CityFolder Folder { get; } = CityFolder.Read(Directory);

    /// <summary>A working Wednesday at a local hour, milliseconds since 1970.</summary>
    public static long WednesdayMs(double hour) =>
        new DateTimeOffset(2026, 6, 17, 0, 0, 0, TimeSpan.FromHours(7)).ToUnixTimeMilliseconds() + (long)(hour * 3_600_000);
}
