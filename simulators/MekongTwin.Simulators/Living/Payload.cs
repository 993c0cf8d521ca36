using System.Globalization;
using System.Text;

namespace MekongTwin.Simulators.Living;

/// <summary>One named quantity of a SenML pack.</summary>
internal readonly record struct SenmlRecord(string Name, string Unit, double Value);

/// <summary>The payloads devices send. Values carry at most three decimals, times are UTC with milliseconds.</summary>
internal static class Payload
{
    /// <summary><c>{"v":4126.5,"t":"2026-11-21T10:00:00.000Z","q":"good"}</c></summary>
    public static byte[] Plain(double value, long timeMs) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"v\":{value:0.0##},\"t\":\"{DateTimeOffset.FromUnixTimeMilliseconds(timeMs):yyyy-MM-ddTHH:mm:ss.fffZ}\",\"q\":\"good\"}}"));

    /// <summary>A SenML pack (RFC 8428) of one instant: base time in the first record, kW and kvar after RFC 8798.</summary>
    public static byte[] Senml(long timeMs, ReadOnlySpan<SenmlRecord> records)
    {
        var text = new StringBuilder(160).Append(CultureInfo.InvariantCulture, $"[{{\"bt\":{timeMs / 1000m:0.###}");
        foreach (var record in records)
        {
            text.Append(text[^1] == '}' ? ",{" : ",");
            text.Append(CultureInfo.InvariantCulture, $"\"n\":\"{record.Name}\",\"u\":\"{record.Unit}\",\"v\":{record.Value:0.0##}}}");
        }
        return Encoding.UTF8.GetBytes(text.Append(']').ToString());
    }
}
