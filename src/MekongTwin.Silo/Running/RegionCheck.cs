using System.Globalization;
using System.Runtime.CompilerServices;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;

namespace MekongTwin.Silo.Running;

/// <summary>
/// Checks what a region's database holds: that each partition's journal is whole, that the accounts say what the journal
/// says and what the facts count, that the totals are the sums of what lies below them. And makes the facts' hash.
/// </summary>
internal sealed class RegionCheck(RegionCut cut, PartitionMap map, Action<string> progress)
{
    /// <summary>Faults that are told; the others are counted.</summary>
    public const int FaultsMax = 100;

    /// <summary>Totals of so much time are added up at once.</summary>
    private const long StretchUs = 24 * Instant.Hour;

    private readonly List<string> _faults = [];

    // What the accounts say is stored of each partition, less what its facts count.
    private readonly Dictionary<int, long> _uncounted = [];
    private readonly int[] _assets = [.. Enumerable.Range(0, map.Model.Assets.Length)];

    public IReadOnlyList<string> Faults => _faults;

    public long FaultCount { get; private set; }

    public int Partitions { get; private set; }

    public long Blocks { get; private set; }

    public long Bytes { get; private set; }

    public long Quarters { get; private set; }

    public long Totals { get; private set; }

    /// <summary>Readings that are journalled and not folded yet, and in how many partitions.</summary>
    public (long Readings, int Partitions) Waiting { get; private set; }

    /// <summary>Readings that their twins failed on.</summary>
    public long SetAside { get; private set; }

    public async Task RunAsync(CancellationToken ct)
    {
        var extents = await cut.ReadExtentsAsync(ct);
        Partitions = extents.Count;
        foreach (var extent in extents)
        {
            progress($"journal: partition {extent.Partition} of {extents.Count}");
            await CheckJournalAsync(extent, ct);
        }
        await CheckTotalsAsync(ct);
        foreach (var (partition, readings) in _uncounted.Where(pair => pair.Value != 0)) Fault($"Partition {partition}: its accounts say {Math.Abs(readings)} {(readings > 0 ? "more" : "fewer")} stored readings than its facts count.");
        await foreach (var (asset, body) in cut.StatesAsync(ct))
        {
            if (!TryDecode(() => FactsCodec.ReadState(body), out _)) Fault($"{Name(asset)}: its newest readings are damaged.");
        }
    }

    /// <summary>The hash of the stored facts.</summary>
    public async Task<string> HashAsync(CancellationToken ct)
    {
        using var hash = new FactsHash();
        var newest = new List<Reading>();
        await foreach (var (_, body) in cut.StatesAsync(ct)) newest.AddRange(FactsCodec.ReadState(body).Latest);
        foreach (var latest in newest.OrderBy(latest => latest.Point)) hash.Add(latest);
        await foreach (var window in WindowsAsync(ct)) hash.Add(window);
        foreach (var asset in _assets)
        {
            progress($"hash: totals of asset {asset} of {_assets.Length}");
            foreach (var total in await TotalsOfAsync(asset, ct)) hash.Add(total);
        }
        return hash.Take();
    }

    private async Task CheckJournalAsync(PartitionExtent extent, CancellationToken ct)
    {
        long end = 0;
        var (applied, waiting) = (new Dictionary<int, long>(), new Dictionary<int, long>());
        var isCut = extent.Applied is 0;
        var (sortedTo, sorted) = await cut.ReadSortedAsync(extent.Partition, ct);
        await foreach (var block in cut.BlocksAsync(extent.Partition, ct))
        {
            if (block.Start != end) Fault($"Partition {extent.Partition}: no block at offset {end}; the next one begins at {block.Start}.");
            end = block.End;
            isCut |= end == extent.Applied;
            Blocks++;
            Bytes += block.Frames.Length;
            if (!TryTally(block.Frames, block.Start < extent.Applied ? applied : waiting)) Fault($"Partition {extent.Partition}: the block at offset {block.Start} is damaged.");
            else if (end <= sortedTo) sorted -= CountKnown(block.Frames);
        }
        if (end != extent.Journalled) Fault($"Partition {extent.Partition}: its journal ends at offset {end}, and should at {extent.Journalled}.");
        if (!isCut) Fault($"Partition {extent.Partition}: its facts stand for offset {extent.Applied}, where no block ends.");
        if (sorted != 0) Fault($"Partition {extent.Partition}: up to offset {sortedTo} there are {Math.Abs(sorted)} sorted readings too {(sorted > 0 ? "many" : "few")}.");
        if (extent.Applied < extent.Journalled) Waiting = (Waiting.Readings + waiting.Values.Sum(), Waiting.Partitions + 1);
        CheckLedger(extent.Partition, applied, await cut.ReadLedgerAsync(extent.Partition, ct));
    }

    /// <summary>Every reading of the journal is accounted for, once.</summary>
    private void CheckLedger(int partition, Dictionary<int, long> applied, Dictionary<int, LedgerLine> ledger)
    {
        foreach (var source in applied.Keys.Union(ledger.Keys).Order())
        {
            var line = ledger.GetValueOrDefault(source) ?? new();
            var journalled = applied.GetValueOrDefault(source);
            if (line.Journalled != journalled) Fault($"Partition {partition}: the journal holds {journalled} readings of source {source}, its account says {line.Journalled}.");
            else if (line.Accounted != journalled) Fault($"Partition {partition}: of {journalled} readings of source {source} {line.Accounted} are accounted for.");
            SetAside += line[Refusal.TwinFaulted];
            _uncounted[partition] = _uncounted.GetValueOrDefault(partition) + line.Stored;
        }
    }

    private async Task CheckTotalsAsync(CancellationToken ct)
    {
        if (await cut.ReadSpanAsync(ct) is not var (first, last, lastAsset)) return;
        if (lastAsset >= _assets.Length) Fault($"Facts of asset {lastAsset} are stored, and the model has {_assets.Length} assets.");
        for (var from = first; from <= last; from += StretchUs)
        {
            progress($"totals: {Text(from)}");
            var sums = await SumAsync(from, ct);
            await foreach (var total in cut.TotalsAsync(_assets, from, from + StretchUs, ct))
            {
                Totals++;
                sums.Remove((total.Asset, total.StartUs), out var sum);
                if (total.Total != sum) Fault($"{Name(total.Asset)} at {Text(total.StartUs)}: {total.Total} is stored, what lies below adds up to {sum}.");
            }
            foreach (var ((asset, start), sum) in sums.Where(pair => !pair.Value.IsZero)) Fault($"{Name(asset)} at {Text(start)}: nothing is stored, what lies below adds up to {sum}.");
        }
    }

    /// <summary>What the assets of a stretch of time add to those above them.</summary>
    private async Task<Dictionary<(int Asset, long StartUs), Contribution>> SumAsync(long from, CancellationToken ct)
    {
        var sums = new Dictionary<(int Asset, long StartUs), Contribution>();
        await foreach (var quarter in cut.QuartersAsync(_assets, from, from + StretchUs, ct))
        {
            Quarters++;
            if (!TryDecode(() => FactsCodec.ReadWindows(quarter.Body, quarter.StartUs), out var own)) Fault($"{Name(quarter.Asset)} at {Text(quarter.StartUs)}: what is stored is damaged.");
            var partition = map.PartitionOf(quarter.Asset);
            foreach (var window in own.Windows ?? []) _uncounted[partition] = _uncounted.GetValueOrDefault(partition) - window.Count - window.Bad;
            foreach (var above in map.Above(quarter.Asset, quarter.StartUs)) sums[(above, quarter.StartUs)] = sums.GetValueOrDefault((above, quarter.StartUs)) + own.Sum;
        }
        return sums;
    }

    /// <summary>All windows in the order of points and time. One asset's at a time are in memory: points beside each other mostly share theirs.</summary>
    private async IAsyncEnumerable<PointWindow> WindowsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var points = map.Model.Points;
        for (var first = 0; first < points.Length;)
        {
            var asset = points[first].Asset;
            progress($"hash: point {first} of {points.Length}");
            var next = first;
            while (next < points.Length && points[next].Asset == asset) next++;
            var byPoint = new List<PointWindow>[next - first];
            for (var i = 0; i < byPoint.Length; i++) byPoint[i] = [];
            await foreach (var quarter in cut.QuartersAsync([asset], long.MinValue, long.MaxValue, ct))
            {
                foreach (var window in FactsCodec.ReadWindows(quarter.Body, quarter.StartUs).Windows)
                {
                    if (window.Point >= first && window.Point < next) byPoint[window.Point - first].Add(window);
                }
            }
            foreach (var window in byPoint.SelectMany(windows => windows)) yield return window;
            first = next;
        }
    }

    /// <summary>An asset's totals in the order of time: what it adds itself, or what is added to it.</summary>
    private async Task<List<AssetWindow>> TotalsOfAsync(int asset, CancellationToken ct)
    {
        var totals = new List<AssetWindow>();
        if (!map.Model.PointsOf(asset).IsEmpty)
        {
            await foreach (var quarter in cut.QuartersAsync([asset], long.MinValue, long.MaxValue, ct))
            {
                var own = FactsCodec.ReadWindows(quarter.Body, quarter.StartUs).Sum;
                if (!own.IsZero) totals.Add(new(asset, quarter.StartUs, own));
            }
        }
        await foreach (var total in cut.TotalsAsync([asset], long.MinValue, long.MaxValue, ct)) totals.Add(total);
        totals.Sort(static (a, b) => a.StartUs.CompareTo(b.StartUs));
        return totals;
    }

    /// <summary>False when the bytes are not frames from one end to the other.</summary>
    private static bool TryTally(byte[] frames, Dictionary<int, long> bySource)
    {
        ReadOnlySpan<byte> left = frames;
        while (Frame.TryRead(ref left, out _))
        {
        }
        if (!left.IsEmpty) return false;
        try
        {
            JournalTail.Tally(frames, bySource);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException or EndOfStreamException)
        {
            return false;
        }
    }

    /// <summary>Readings of points that there are: the others are not sorted.</summary>
    private long CountKnown(byte[] frames)
    {
        ReadOnlySpan<byte> left = frames;
        var count = 0L;
        while (Frame.TryRead(ref left, out var frame))
        {
            if (frame.Kind != FrameKind.Readings) continue;
            foreach (ref readonly var reading in new ReadingsFrame(frame.Body).Readings) count += map.Knows(reading.Point) ? 1 : 0;
        }
        return count;
    }

    private static bool TryDecode<T>(Func<T> decode, out T? decoded)
    {
        decoded = default;
        try
        {
            decoded = decode();
            return true;
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or OverflowException or InvalidDataException)
        {
            return false;
        }
    }

    private void Fault(string fault)
    {
        if (FaultCount++ < FaultsMax) _faults.Add(fault);
    }

    private string Name(int asset) => asset < map.Model.Assets.Length ? map.Model.Assets[asset].Id.Path : $"asset {asset}";

    private static string Text(long timeUs) => Instant.ToTime(timeUs).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
