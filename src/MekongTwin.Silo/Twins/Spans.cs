using System.Diagnostics;
using MekongTwin.Host.Running;

namespace MekongTwin.Silo.Twins;

/// <summary>
/// Spans of a reading's path: door, append, fold, commit. Each joins what came from many: it is a child of the first and linked to
/// a few others. While nobody listens there are none, and nothing is kept for them.
/// </summary>
internal static class Spans
{
    /// <summary>Others that a span is linked to.</summary>
    public const int LinksMax = 8;

    /// <summary>A span that the work in hand is part of.</summary>
    public static Activity? Start(string name, ActivityKind kind, IEnumerable<ActivityContext> origins)
    {
        if (!Telemetry.Activities.HasListeners()) return null;
        var known = origins.Where(origin => origin != default).Distinct().Take(1 + LinksMax).ToList();
        return Telemetry.Activities.StartActivity(name, kind, known.FirstOrDefault(), tags: null, known.Skip(1).Select(origin => new ActivityLink(origin)));
    }

    /// <summary>A span that lasts beyond the work in hand.</summary>
    public static Activity? StartApart(string name, ActivityKind kind)
    {
        if (!Telemetry.Activities.HasListeners()) return null;
        var current = Activity.Current;
        Activity.Current = null;
        var span = Telemetry.Activities.StartActivity(name, kind);
        Activity.Current = current;
        return span;
    }
}

/// <summary>Where what waits in a partition came from, by the offset that it ends at. What is beyond the bound is not traced.</summary>
internal sealed class Origins
{
    private const int Max = 64;

    private readonly Queue<(long End, ActivityContext Context)> _waiting = new();

    public void Add(long end, ActivityContext context)
    {
        if (context != default && _waiting.Count < Max) _waiting.Enqueue((end, context));
    }

    /// <summary>Those up to an offset; they are given once.</summary>
    public IReadOnlyList<ActivityContext> TakeTo(long end)
    {
        if (_waiting.Count == 0) return [];
        var taken = new List<ActivityContext>();
        while (_waiting.TryPeek(out var first) && first.End <= end) taken.Add(_waiting.Dequeue().Context);
        return taken;
    }
}
