using System.Security.Cryptography;
using System.Text;
using MekongTwin.Contracts.Oracle;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Contracts;

/// <summary>
/// Everything the twins claim about a city, as lines of text in one order: equal facts are equal lines, and a difference
/// names its point or asset. A window in which nothing happened and a total of nothing are no facts.
/// </summary>
public sealed class Facts
{
    public Facts(IEnumerable<Reading> latest, IEnumerable<PointWindow> windows, IEnumerable<AssetWindow> totals)
    {
        Latest = [.. latest.OrderBy(reading => reading.Point)];
        Windows = [.. windows.Where(window => !window.IsEmpty).OrderBy(window => window.Point).ThenBy(window => window.StartUs)];
        Totals = [.. totals.Where(total => !total.Total.IsZero).OrderBy(total => total.Asset).ThenBy(total => total.StartUs)];
    }

    public IReadOnlyList<Reading> Latest { get; }

    public IReadOnlyList<PointWindow> Windows { get; }

    public IReadOnlyList<AssetWindow> Totals { get; }

    /// <summary>SHA-256 over the lines.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Lines()))));

    /// <summary>The facts that follow from a set of readings, by the naive oracle.</summary>
    public static Facts ByOracle(Model model, IEnumerable<Reading> readings)
    {
        var latest = new List<Reading>();
        var windows = new List<PointWindow>();
        foreach (var group in readings.GroupBy(reading => reading.Point))
        {
            if (NaiveWindows.Latest(group) is { } newest) latest.Add(newest);
            windows.AddRange(NaiveWindows.Windows(group, model.Points[group.Key]));
        }
        return new(latest, windows, NaiveTotals.Of(model, windows));
    }

    /// <summary>Fails with the first differences when the facts differ.</summary>
    public static void AssertSame(Facts expected, Facts actual, string phase)
    {
        if (expected.Hash == actual.Hash) return;
        var wanted = expected.Lines().ToHashSet(StringComparer.Ordinal);
        var found = actual.Lines().ToHashSet(StringComparer.Ordinal);
        var missing = wanted.Except(found).Order(StringComparer.Ordinal).Take(5).Select(line => $"  missing  {line}");
        var extra = found.Except(wanted).Order(StringComparer.Ordinal).Take(5).Select(line => $"  instead  {line}");
        Assert.Fail($"{phase}: {wanted.Except(found).Count()} facts are missing and {found.Except(wanted).Count()} are wrong.\n{string.Join('\n', missing.Concat(extra))}");
    }

    private IEnumerable<string> Lines() =>
        Latest.Select(reading => $"latest {reading}")
            .Concat(Windows.Select(window => $"window {window}"))
            .Concat(Totals.Select(total => $"total {total}"));
}
