using System.Text.Json;
using MekongTwin.Api;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Host.Running;

/// <summary>The ledger as it is published.</summary>
internal static class LedgerText
{
    public static LedgerView Line(string source, long received, LedgerLine line, TimeZoneInfo zone) => new(
        source, received, line.Stored, line.Duplicate, Reasons(line, quarantined: false), Reasons(line, quarantined: true),
        received - line.Accounted, line.LastReceivedUs == 0 ? null : Instant.ToText(line.LastReceivedUs, zone));

    public static LedgerView Sum(IReadOnlyList<LedgerView> lines) => new(
        "total", lines.Sum(line => line.Received), lines.Sum(line => line.Stored), lines.Sum(line => line.Duplicate),
        SumReasons(lines.Select(line => line.Rejected)), SumReasons(lines.Select(line => line.Quarantined)), lines.Sum(line => line.Pending),
        lines.Max(line => line.LastSeen));

    private static SortedDictionary<string, long> Reasons(LedgerLine line, bool quarantined)
    {
        var reasons = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var reason in Enum.GetValues<Refusal>())
        {
            if (line[reason] != 0 && Ledger.IsQuarantine(reason) == quarantined) reasons[JsonNamingPolicy.CamelCase.ConvertName(reason.ToString())] = line[reason];
        }
        return reasons;
    }

    private static SortedDictionary<string, long> SumReasons(IEnumerable<IReadOnlyDictionary<string, long>> parts)
    {
        var sum = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (reason, count) in parts.SelectMany(part => part)) sum[reason] = sum.GetValueOrDefault(reason) + count;
        return sum;
    }
}
