using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.History.Store;

namespace MekongTwin.Api;

/// <summary>
/// Clocks that quarantine tells of: its kinds of readings from the future or an absurd past, by the point that their topic or name
/// would have led to. What quarantine counts under "(others)" names no point.
/// </summary>
internal sealed class WrongClocks(ITwinServices services)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private ILookup<int, QuarantineGroup> _kinds = Array.Empty<int>().ToLookup(point => point, _ => default(QuarantineGroup)!);
    private long _madeAt;

    /// <summary>The kinds by point.</summary>
    public async Task<ILookup<int, QuarantineGroup>> ReadAsync(CancellationToken ct)
    {
        await _gate.WaitAsync(ct);
        try
        {
            if (_madeAt != 0 && TimeProvider.System.GetElapsedTime(_madeAt) < KeptFor) return _kinds;
            var model = services.Model;
            var kinds = await services.Queries.QuarantineAsync(QuarantineKinds.Max, ct);
            _kinds = kinds.Where(kind => kind.Reason is Refusal.FutureTime or Refusal.AncientTime)
                .Select(kind => (Point: FindPoint(model, kind.Topic, kind.Name), Kind: kind)).Where(pair => pair.Point is not null)
                .ToLookup(pair => pair.Point!.Number, pair => pair.Kind);
            _madeAt = TimeProvider.System.GetTimestamp();
            return _kinds;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>What the kinds of a point say of a day. A kind's readings are counted whole: which day each is of is not known.</summary>
    public static IEnumerable<Finding> On(IEnumerable<QuarantineGroup> kinds, long fromUs, long toUs) =>
        from kind in kinds
        where kind.FirstUs < toUs && kind.LastUs >= fromUs
        select new Finding(FindingKind.Clock, Math.Max(kind.FirstUs, fromUs), Math.Min(kind.LastUs, toUs), (int)Math.Min(kind.Count, int.MaxValue), (kind.SampleTimeUs - kind.LastUs) / (double)Instant.Second);

    /// <summary>The point that a topic, or a record's name under it, leads to: as a person mapped it, by its full name, or by its device's.</summary>
    private static Point? FindPoint(Model model, string topic, string name)
    {
        var key = NameMapping.OfRecord(topic, name);
        if (model.Names.FirstOrDefault(mapping => mapping.Name == key) is { } mapped) return model.Points[mapped.Point];
        var full = name.Length > 0 ? name : topic.StartsWith("mt/v1/", StringComparison.Ordinal) ? topic[6..] : topic;
        var slash = full.LastIndexOf('/');
        if (slash > 0) return model.FindAsset(full[..slash]) is { } asset ? model.FindPoint(asset.Number, full[(slash + 1)..]) : null;
        return model.Devices.FirstOrDefault(device => topic == $"mt/v1/{device.City}/senml/{device.Device}") is { } device ? model.FindPoint(device.Asset, name) : null;
    }
}
