using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.History.Journal;

/// <summary>The fold, as a step of retention needs it.</summary>
public interface IRetentionFold
{
    /// <summary>From now on it notes when it folds a reading that comes too late for this horizon. Gives the journal offset up to which it had folded then, once all of that is committed.</summary>
    ValueTask<long> WatchAsync(Horizon next, CancellationToken ct);

    /// <summary>When none came, and none is set aside, runs the switch with the offset up to which all is folded, while nothing is read or folded.</summary>
    ValueTask<bool> TrySwitchAsync(Action<long> @switch, CancellationToken ct);
}

/// <summary>What the committed projection holds.</summary>
public interface ICommittedFacts
{
    IReadOnlyList<PointWindow> PointWindows(int point, long fromUs, long toUs);

    IReadOnlyList<AssetWindow> AssetWindows(int asset, long fromUs, long toUs);

    IReadOnlyList<Reading> Latest();
}

/// <summary>
/// Lets go of sealed readings that a city keeps no longer. A step writes beside what is there: seals without these readings, and in one file what
/// stays of them: windows, totals, latest values and how many were stored. All of it is durable and read back before that file gets its name, and with the
/// name the step has taken place: a stop before leaves everything as it was, one behind it everything as it is to be.
/// Called by the sealer's loop alone.
/// </summary>
/// <param name="files">The journal's.</param>
/// <param name="journal">The journal.</param>
/// <param name="fold">The fold beside it.</param>
/// <param name="facts">Its committed facts.</param>
/// <param name="cities">Cities whose readings are kept for a time only, as they are now.</param>
public sealed class Retention(IJournalFiles files, JournalLog journal, IRetentionFold fold, ICommittedFacts facts, Func<IReadOnlyList<CityRetention>> cities)
{
    private int _seen = -1;
    private string? _fault;

    /// <summary>Why nothing can go, or null.</summary>
    public string? Fault => Volatile.Read(ref _fault);

    /// <summary>Takes one step if a city is due for it: a day has passed, and something older is sealed. False when there was none.</summary>
    public async Task<bool> TryStepAsync(CancellationToken ct)
    {
        var history = journal.Sealed;
        // What is damaged stays as it is until somebody mends it.
        if (history.Changes == _seen || history.Damage.Count > 0) return false;
        var changes = history.Changes;
        var written = new List<string>();
        try
        {
            if (Next(history) is not { } next)
            {
                _seen = changes;
                Volatile.Write(ref _fault, null);
                return false;
            }
            var isDone = await TryStepAsync(history, next, written, ct);
            // Too late is what a person took out of quarantine: looked at again when it is sealed.
            if (!isDone) _seen = changes;
            Volatile.Write(ref _fault, null);
            return isDone;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Volatile.Write(ref _fault, $"Readings that are kept no longer cannot be let go: {e.Message} Nothing is lost: they stay, in more space, and it is tried again.");
            return false;
        }
        finally
        {
            TryDelete(written);
        }
    }

    /// <summary>What each city keeps from the next step on; null when nothing goes.</summary>
    private Horizon? Next(SealedHistory history)
    {
        if (history.Seals is not [.., var newest] || newest.Tallies.IsEmpty) return null;
        // The newest seal may hold late readings alone, or none.
        var newestUs = history.Seals.Max(static seal => seal.MaxTimeUs);
        if (newestUs == long.MinValue) return null;
        // Counted from when the newest sealed readings came, not from the clock: where nothing comes nothing goes. And from the newest of all their own times, so that
        // a server's clock that runs ahead, by less than is kept, takes nothing away where every device has a clock of its own.
        var now = Math.Min(newest.Tallies.Max(static tally => tally.LastReceivedUs), newestUs);
        var before = history.Horizon;
        var known = before?.Cities.ToDictionary(static city => city.City) ?? [];
        var moved = 0;
        foreach (var city in cities())
        {
            var horizon = CityHorizon.Before(now, city);
            if (known.TryGetValue(city.City, out var old) && old.ReadingsFromUs >= horizon.ReadingsFromUs) continue;
            if (history.Seals.All(seal => seal.MinTimeUs >= horizon.ReadingsFromUs)) continue;
            known[city.City] = horizon;
            moved++;
        }
        return moved == 0 ? null : new((before?.Step ?? 0) + 1, 0, [.. known.Values.OrderBy(static city => city.City, StringComparer.Ordinal)]);
    }

    private async Task<bool> TryStepAsync(SealedHistory history, Horizon next, List<string> written, CancellationToken ct)
    {
        var watched = await fold.WatchAsync(next, ct);
        if (AnyTooLate(next, history.End, watched, ct)) return false;
        var (gone, replaced) = (new GoneCounts(history), new Dictionary<Seal, Seal>());
        foreach (var seal in history.Seals)
        {
            ct.ThrowIfCancellationRequested();
            if (next.Cities.All(city => seal.MinTimeUs >= city.ReadingsFromUs)) continue;
            if (Rewrite(seal, next, gone, written, ct) is { } rewritten) replaced[seal] = rewritten;
        }
        var name = $"{next.Step:D6}{Sealer.Unfinished}";
        var step = Write(name, next, history.Horizon, gone, written, ct);
        files.SyncDirectory();
        var isDone = await fold.TrySwitchAsync(offset => Switch(history, step.Named(offset), name, replaced, written), ct);
        if (isDone) Delete(replaced.Keys);
        return isDone;
    }

    /// <summary>With its name the step has taken place, whether or not the name is durable yet: what it stands for goes later.</summary>
    private void Switch(SealedHistory history, HorizonFile step, string name, IReadOnlyDictionary<Seal, Seal> replaced, List<string> written)
    {
        files.Rename(name, step.Name);
        written.Clear();
        history.Advance(step, replaced);
    }

    private void Delete(IEnumerable<Seal> replaced)
    {
        files.SyncDirectory();
        foreach (var seal in replaced) files.Delete(seal.Name);
    }

    /// <summary>Whether something stands behind what is sealed that could not be folded any more.</summary>
    private bool AnyTooLate(Horizon next, long from, long to, CancellationToken ct)
    {
        using var reader = journal.Read(from);
        while (reader.TryRead(to, out var body))
        {
            ct.ThrowIfCancellationRequested();
            if (ExpiredReadings.Any(body, next)) return true;
        }
        return false;
    }

    /// <summary>Writes a seal without the readings that go, and reads it back; null when none does.</summary>
    private Seal? Rewrite(Seal seal, Horizon next, GoneCounts gone, List<string> written, CancellationToken ct)
    {
        var kept = new List<SourcedReading>();
        if (!gone.Split(seal, next, kept, ct)) return null;
        var name = Seal.NameFor(seal.BaseOffset, seal.EndOffset, next.Step);
        if (files.List(Seal.Extension).Contains(name)) files.Delete(name);
        written.Add(name);
        var bySource = kept.CountBy(static each => each.Source).ToDictionary();
        ImmutableArray<SourceTally> tallies = [.. seal.Tallies.Select(tally => tally with { Readings = bySource.GetValueOrDefault(tally.Source) })];
        using (var writer = new SealWriter(files, name))
        {
            foreach (var block in seal.ReadBlocks(seal.BaseOffset, journal.Sealed.Damage))
            {
                ReadOnlySpan<byte> body = block.Body;
                for (var place = 0; Frame.TryRead(ref body, out var frame); place++)
                {
                    if (frame.Kind != SealedFrames.Gap) writer.Add(block.Offset, place, frame);
                }
            }
            writer.Add(CollectionsMarshal.AsSpan(kept), ct);
            writer.Finish(seal.BaseOffset, seal.EndOffset, journal.Identity, tallies);
        }
        if (Seal.TryOpen(files, name, seal.BaseOffset, seal.EndOffset) is not { } rewritten || !IsAlike(seal, rewritten, kept) || !rewritten.Tallies.SequenceEqual(tallies))
            throw new JournalException($"{name} does not read back as what it stands for.");
        return rewritten;
    }

    private bool IsAlike(Seal seal, Seal rewritten, List<SourcedReading> kept)
    {
        var damage = new SealDamage();
        var back = new List<SourcedReading>(kept.Count);
        ReadAll(rewritten, damage, back);
        var areBlocksAlike = seal.ReadBlocks(seal.BaseOffset, journal.Sealed.Damage).Select(static block => (block.Offset, Convert.ToHexString(block.Body)))
            .SequenceEqual(rewritten.ReadBlocks(seal.BaseOffset, damage).Select(static block => (block.Offset, Convert.ToHexString(block.Body))));
        return areBlocksAlike && back.SequenceEqual(kept) && damage.Count == 0 && journal.Sealed.Damage.Count == 0;
    }

    private static void ReadAll(Seal seal, SealDamage damage, List<SourcedReading> into)
    {
        var bytes = Array.Empty<byte>();
        var length = seal.ReadFrames(ref bytes, damage);
        ReadOnlySpan<byte> frames = bytes.AsSpan(0, length);
        while (Frame.TryRead(ref frames, out var frame))
        {
            var of = new ReadingsFrame(frame.Body);
            foreach (ref readonly var reading in of.Readings) into.Add(new(reading, of.Source));
        }
    }

    /// <summary>Writes what stays of what goes, as far as no step before has it already, and reads it back.</summary>
    private HorizonFile Write(string name, Horizon next, Horizon? before, GoneCounts gone, List<string> written, CancellationToken ct)
    {
        if (files.List(Sealer.Unfinished).Contains(name)) files.Delete(name);
        written.Add(name);
        using (var writer = new HorizonWriter(files, name, next, journal.Identity))
        {
            foreach (var source in gone.BySource) writer.Add(source);
            foreach (var latest in facts.Latest())
            {
                if (next.IsGone(latest) && before?.IsGone(latest) != true) writer.Add(latest);
            }
            foreach (var city in next.Cities)
            {
                foreach (var point in city.Points)
                {
                    ct.ThrowIfCancellationRequested();
                    foreach (var window in facts.PointWindows(point, before?.OfPoint(point)?.WindowsFromUs ?? long.MinValue, city.WindowsFromUs)) writer.Add(window);
                }
                foreach (var asset in city.Assets)
                {
                    ct.ThrowIfCancellationRequested();
                    foreach (var total in facts.AssetWindows(asset, before?.OfAsset(asset)?.WindowsFromUs ?? long.MinValue, city.WindowsFromUs)) writer.Add(total);
                }
            }
            writer.Finish();
        }
        return HorizonFile.TryOpen(files, name, next.Step, 0) is { } step && step.TryRead(null) ? step : throw new JournalException($"{name} does not read back as it was written.");
    }

    private void TryDelete(List<string> names)
    {
        try
        {
            foreach (var name in names) files.Delete(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next step, or the next opening, deletes them.
        }
    }

    /// <summary>
    /// Counts, source by source, readings that go and those of them that were stored: the first of each instant, in the order of a
    /// replay. Copies of one reading go in one step, whichever stretches they stand in.
    /// </summary>
    private sealed class GoneCounts(SealedHistory history)
    {
        private readonly SortedDictionary<int, (long Readings, long Stored)> _bySource = [];
        private readonly Dictionary<int, long> _newestUs = [];
        private readonly HashSet<long> _earlier = [];

        public IEnumerable<GoneReadings> BySource => _bySource.Select(static pair => new GoneReadings(pair.Key, pair.Value.Readings, pair.Value.Stored));

        /// <summary>Counts what goes of a stretch and hands out the rest. False when nothing goes. Stretches come in their order.</summary>
        public bool Split(Seal seal, Horizon next, List<SourcedReading> kept, CancellationToken ct)
        {
            var all = new List<SourcedReading>();
            ReadAll(seal, history.Damage, all);
            var any = false;
            for (int from = 0, to; from < all.Count; from = to)
            {
                for (to = from + 1; to < all.Count && all[to].Reading.Point == all[from].Reading.Point;) to++;
                ct.ThrowIfCancellationRequested();
                var ofPoint = CollectionsMarshal.AsSpan(all)[from..to];
                var readings = 0;
                while (readings < ofPoint.Length && next.IsGone(ofPoint[readings].Reading)) readings++;
                kept.AddRange(ofPoint[readings..]);
                if (readings == 0) continue;
                any = true;
                Count(seal, ofPoint[..readings]);
            }
            return any;
        }

        private void Count(Seal seal, ReadOnlySpan<SourcedReading> ofPoint)
        {
            var point = ofPoint[0].Reading.Point;
            FindEarlier(seal, point, ofPoint[0].Reading.TimeUs);
            for (var i = 0; i < ofPoint.Length; i++)
            {
                var time = ofPoint[i].Reading.TimeUs;
                var isStored = (i == 0 || ofPoint[i - 1].Reading.TimeUs != time) && !_earlier.Contains(time);
                var (readings, stored) = _bySource.GetValueOrDefault(ofPoint[i].Source);
                _bySource[ofPoint[i].Source] = (readings + 1, stored + (isStored ? 1 : 0));
            }
            var newest = ofPoint[^1].Reading.TimeUs;
            _newestUs[point] = _newestUs.TryGetValue(point, out var known) ? Math.Max(known, newest) : newest;
        }

        /// <summary>The point's instants in the stretches before, as far as they overlap with this one.</summary>
        private void FindEarlier(Seal seal, int point, long fromUs)
        {
            _earlier.Clear();
            if (!_newestUs.TryGetValue(point, out var newest) || newest < fromUs) return;
            var readings = new List<Reading>();
            foreach (var before in history.Seals.TakeWhile(before => before != seal)) before.Read(point, fromUs, newest + 1, readings, history.Damage);
            foreach (ref readonly var reading in CollectionsMarshal.AsSpan(readings)) _earlier.Add(reading.TimeUs);
        }
    }
}
