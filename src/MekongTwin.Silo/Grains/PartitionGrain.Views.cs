using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Grains;

/// <summary>What others ask of a partition: as of the last whole turn.</summary>
internal sealed partial class PartitionGrain
{
    /// <summary>How far back a value of an earlier instant is looked for, stretch by stretch.</summary>
    private const int SnapshotFetchesMax = 8;

    public Task<WireView> ViewAsync(int[] assets)
    {
        var latest = new MemoryStream();
        foreach (var asset in assets)
        {
            if (_views.TryGetValue(asset, out var packed)) latest.Write(packed);
        }
        return Task.FromResult(new WireView { Applied = _applied, Latest = latest.ToArray(), Faulted = [.. assets.Where(_setAside.ContainsKey)] });
    }

    public async Task<WireView> SnapshotAsync(int[] assets, long untilUs)
    {
        await _turn.WaitAsync(_stop.Token);
        try
        {
            var found = new List<Reading>();
            foreach (var asset in assets)
            {
                foreach (var reading in _partition.Facts.StateOf(asset).Latest)
                {
                    var latest = new LatestValue(_region.Model.Points[reading.Point], reading);
                    if (await FindAsync(asset, latest, untilUs) is { } value) found.Add(value.Reading);
                }
            }
            _partition.Readings.Forget();
            return new() { Applied = _applied, Latest = Packed.Of([.. found]), Faulted = [.. assets.Where(_setAside.ContainsKey)] };
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task<byte[]?> ReadingsAsync(int point, long fromUs, long toUs, long readingsMax)
    {
        var range = new ReadingRange(point, fromUs, toUs);
        if (!_region.Map.Knows(point)) return [];
        if (readingsMax < long.MaxValue && _partition.Readings.CountRecent(point) + await _region.Runs.CountAtMostAsync(_number, range, _stop.Token) > readingsMax) return null;
        await _turn.WaitAsync(_stop.Token);
        try
        {
            var into = new List<Reading>();
            var asset = _region.Map.AssetOf(point);
            while (!_partition.Readings.TryRead(point, fromUs, toUs, into)) await _partition.FetchAsync(asset, _stop.Token);
            _partition.Readings.Forget();
            return Packed.Of([.. into]);
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task<WireLedger> LedgerAsync()
    {
        var lines = _ledger.Snapshot();
        var received = _partition.Journal.Received;
        var sources = received.Keys.Union(lines.Keys).Order().ToArray();
        return Task.FromResult(new WireLedger
        {
            Sources = sources,
            Lines = [.. sources.Select(source => FactsCodec.Of(lines.GetValueOrDefault(source) ?? new()))],
            Received = [.. sources.Select(source => received.GetValueOrDefault(source))],
        });
    }

    private async Task<LatestValue?> FindAsync(int asset, LatestValue latest, long untilUs)
    {
        for (var fetches = 0; ; fetches++)
        {
            if (LatestUntil.Find(latest, untilUs, _partition.Readings) is { } found) return found;
            if (!_partition.Wants(asset) || fetches == SnapshotFetchesMax) return null;
            await _partition.FetchAsync(asset, _stop.Token);
        }
    }
}
