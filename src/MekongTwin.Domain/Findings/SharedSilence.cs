using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Findings;

/// <summary>
/// Silences that all of a group share: what one point calls a gap is a gateway's, a head-end's or a line's when everything behind it
/// was silent together.
/// </summary>
public static class SharedSilence
{
    /// <summary>What is shorter is where two silences meet.</summary>
    private const long SharedMinUs = Instant.Minute;

    /// <summary>Stretches within the gaps of every point, in order of time.</summary>
    /// <param name="points">The findings of each point of the group that was ever heard.</param>
    public static IReadOnlyList<Finding> Find(IReadOnlyList<IReadOnlyList<Finding>> points)
    {
        if (points.Count == 0) return [];
        var shared = GapsOf(points[0]);
        for (var i = 1; i < points.Count && shared.Count > 0; i++) shared = Overlap(shared, GapsOf(points[i]));
        return [.. shared.Select(gap => new Finding(FindingKind.Gateway, gap.FromUs, gap.ToUs, 1, (gap.ToUs - gap.FromUs) / (double)Instant.Second))];
    }

    private static List<(long FromUs, long ToUs)> GapsOf(IReadOnlyList<Finding> findings) =>
        [.. findings.Where(finding => finding.Kind == FindingKind.Gap).Select(gap => (gap.FromUs, gap.ToUs))];

    private static List<(long FromUs, long ToUs)> Overlap(List<(long FromUs, long ToUs)> some, List<(long FromUs, long ToUs)> others)
    {
        var both = new List<(long FromUs, long ToUs)>();
        for (int i = 0, j = 0; i < some.Count && j < others.Count;)
        {
            var (from, to) = (Math.Max(some[i].FromUs, others[j].FromUs), Math.Min(some[i].ToUs, others[j].ToUs));
            if (to - from >= SharedMinUs) both.Add((from, to));
            if (some[i].ToUs < others[j].ToUs) i++;
            else j++;
        }
        return both;
    }
}
