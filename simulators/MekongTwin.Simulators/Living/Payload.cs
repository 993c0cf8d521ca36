using System.Globalization;
using System.Text;

namespace MekongTwin.Simulators.Living;

/// <summary>The plain payload. Values carry at most three decimals, times are UTC with milliseconds.</summary>
internal static class Payload
{
    /// <summary><c>{"v":4126.5,"t":"2026-11-21T10:00:00.000Z","q":"good"}</c></summary>
    public static byte[] Plain(double value, long timeMs) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"v\":{value:0.0##},\"t\":\"{DateTimeOffset.FromUnixTimeMilliseconds(timeMs):yyyy-MM-ddTHH:mm:ss.fffZ}\",\"q\":\"good\"}}"));
}
