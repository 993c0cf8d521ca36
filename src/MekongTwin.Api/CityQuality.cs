using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Api;

/// <summary>
/// The data quality of whole cities, group by group, kept for everybody who asks. Thirteen thousand points with four million readings
/// a day are seconds of one thread's work: an ask looks at what was never looked at or is older than <see cref="KeptFor"/>, for
/// <see cref="AskFor"/> and one group at most, and the next one goes on from there. One at a time; what was looked at stays when the
/// asking ends early.
/// </summary>
internal sealed class CityQuality(ITwinServices services)
{
    /// <summary>Age at which a group is looked at again.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    /// <summary>How long one ask looks. It is one thread's work, beside the fold's.</summary>
    public static readonly TimeSpan AskFor = TimeSpan.FromSeconds(2);

    /// <summary>Days kept in all, of all cities, about 200 bytes a point each.</summary>
    private const int DaysMax = 4;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly List<Kept> _days = [];

    /// <summary>What was found of a group: of its points in their order (null where there is too much to go through), and of them all together.</summary>
    internal sealed record Found(IReadOnlyList<PointQuality?> Points, IReadOnlyList<Finding> Silences, long AsOfUs, long LookedAt);

    /// <summary>A city's groups on a day, with what was found so far.</summary>
    internal sealed class Kept(string city, long dayUs, Model model, IReadOnlyList<SensorGroup> groups)
    {
        public string City { get; } = city;

        public long DayUs { get; } = dayUs;

        public Model Model { get; } = model;

        public IReadOnlyList<SensorGroup> Groups { get; } = groups;

        /// <summary>By place in <see cref="Groups"/>; null before the first look.</summary>
        public Found?[] Found { get; } = new Found?[groups.Count];

        /// <summary>Where the next ask goes on.</summary>
        public int Next { get; set; }

        /// <summary>Asks that have looked.</summary>
        public int Rounds { get; set; }
    }

    /// <summary>What is known of a city's day, after looking on for a while.</summary>
    public async Task<Kept> ReadAsync(City city, CityDay day, CancellationToken ct)
    {
        var seen = Find(city, day)?.Rounds ?? 0;
        await _gate.WaitAsync(ct);
        try
        {
            var kept = Find(city, day) ?? Add(city, day);
            // Somebody looked while this one waited: that is new enough.
            if (kept.Rounds == seen) await LookAsync(kept, day, ct);
            return kept;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task LookAsync(Kept kept, CityDay day, CancellationToken ct)
    {
        kept.Rounds++;
        var began = TimeProvider.System.GetTimestamp();
        for (var looked = 0; looked < kept.Groups.Count && TimeProvider.System.GetElapsedTime(began) < AskFor; looked++)
        {
            ct.ThrowIfCancellationRequested();
            var i = kept.Next;
            if (kept.Found[i] is not { } found || TimeProvider.System.GetElapsedTime(found.LookedAt) >= KeptFor) kept.Found[i] = await LookAsync(kept.Groups[i], day, ct);
            kept.Next = (i + 1) % kept.Groups.Count;
        }
    }

    private async Task<Found> LookAsync(SensorGroup group, CityDay day, CancellationToken ct)
    {
        var points = new PointQuality?[group.Points.Count];
        for (var i = 0; i < points.Length; i++) points[i] = await PointDay.LookAsync(services, group.Points[i], day, ct);
        var drifts = await group.FindDriftsAsync(services, day, ct);
        var all = points.Select(quality => quality is not null && drifts.TryGetValue(quality.Point.Number, out var drift) ? quality with { Findings = [.. quality.Findings, drift] } : quality);
        return new([.. all], group.FindSilences(points), day.AsOfUs, TimeProvider.System.GetTimestamp());
    }

    /// <summary>A changed model begins anew: its points are others.</summary>
    private Kept? Find(City city, CityDay day)
    {
        lock (_days) return _days.Find(kept => kept.City == city.Id && kept.DayUs == day.FromUs && kept.Model == services.Model);
    }

    private Kept Add(City city, CityDay day)
    {
        var model = services.Model;
        var kept = new Kept(city.Id, day.FromUs, model, SensorGroup.Of(model, city));
        lock (_days)
        {
            _days.RemoveAll(other => other.Model != model);
            if (_days.Count == DaysMax) _days.RemoveAt(0);
            _days.Add(kept);
        }
        return kept;
    }
}
