using System.Text.Json;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Api;

/// <summary>What a comparison shows of a study, read from its stored report.</summary>
/// <param name="Id">The study's.</param>
/// <param name="Name">The scenario's.</param>
/// <param name="Base">The city at the instant it was branched from.</param>
/// <param name="From">First day.</param>
/// <param name="Days">Number of days.</param>
/// <param name="Futures">Number of futures.</param>
/// <param name="Seed">Of the draws.</param>
/// <param name="Baseline">Without levers.</param>
/// <param name="Scenario">With them.</param>
/// <param name="ViolationsInAll">Elements in violation in some future.</param>
public sealed record ComparedStudy(string Id, string Name, ReportBase Base, string From, int Days, int Futures, long Seed, StudySummary Baseline, StudySummary Scenario, int ViolationsInAll)
{
    public static ComparedStudy Read(string id, byte[] report) => JsonSerializer.Deserialize<ComparedStudy>(report, JsonSerializerOptions.Web)! with { Id = id };
}

/// <summary>Studies side by side, in the order they were asked for.</summary>
public sealed record StudyComparison(IReadOnlyList<ComparedStudy> Studies)
{
    public const int StudiesMax = 8;

    /// <summary>What keeps the figures from being compared: another base, other days, or other futures; null when nothing does.</summary>
    public string? Difference
    {
        get
        {
            var first = Studies[0];
            if (Studies.FirstOrDefault(study => study.Base.Hash != first.Base.Hash) is { } other)
                return $"Study '{other.Id}' stands on another base ({other.Base.City} as of {other.Base.AsOf:yyyy-MM-dd HH:mm zzz}, {other.Base.Hash[..12]}) than '{first.Id}' ({first.Base.City} as of {first.Base.AsOf:yyyy-MM-dd HH:mm zzz}, {first.Base.Hash[..12]}).";
            if (Studies.FirstOrDefault(study => (study.Futures, study.Seed) != (first.Futures, first.Seed)) is { } drawn)
                return $"Study '{drawn.Id}' has {drawn.Futures} futures of seed {drawn.Seed}, '{first.Id}' {first.Futures} of seed {first.Seed}: part of what differs is chance.";
            return Studies.FirstOrDefault(study => (study.From, study.Days) != (first.From, first.Days)) is { } later
                ? $"Study '{later.Id}' asks about {later.Days} days from {later.From}, '{first.Id}' about {first.Days} from {first.From}."
                : null;
        }
    }
}
