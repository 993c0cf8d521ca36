using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using MekongTwin.Benchmarks.Processes;
using MekongTwin.Benchmarks.Report;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;
using MekongTwin.Host.Twins;
using Microsoft.Data.Sqlite;

namespace MekongTwin.Benchmarks.Sealed;

/// <summary>
/// A journal of the pilot city, 100 million readings at scale 1: sealed, searched, opened and folded again.
/// <para>The sketch: a stretch of 512 Ki readings is read twice, 13 MB and more each time, sorted (20 levels of 28 bytes), packed and
/// unpacked: 0.3 s, 600 ns a reading, all of it beside the doors. 1 billion readings are 1,900 seals of 50 pages: 5 MB of
/// directories. An hour of a point touches as many pages of 16 KB as seals lie in it.</para>
/// </summary>
internal sealed class SealedBenchmark(double scale, string? only)
{
    private const int ReadingsAtFullScale = 100_000_000;

    /// <summary>Readings in one append: a few reads of a socket.</summary>
    private const int AppendReadings = 4096;

    private const int Lookups = 2000;

    private const int LookupTries = 3;

    private const int WidePoints = 200_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("mekongtwin-bench-").FullName;
    private readonly Model _model = CityFolder.Read([Repository.City]);

    private string Journal => Path.Combine(_directory, "journal");

    private string WideJournal => Path.Combine(_directory, "wide");

    private string BusyJournal => Path.Combine(_directory, "busy");

    public async Task<IReadOnlyList<Table>> RunAsync(CancellationToken ct)
    {
        try
        {
            foreach (var path in (string[])[Journal, WideJournal, BusyJournal]) Directory.CreateDirectory(path);
            var sealing = MakeTable();
            var (from, to) = await SealAsync(sealing, Journal, _model.Points.Length, ReadingsAtFullScale * scale, ct);
            // A city far wider than a stretch is long.
            if (only is null) await SealAsync(sealing, WideJournal, WidePoints, 5_000_000, ct);
            var found = Find(from, to);
            // A start needs what the replay stored.
            return only == "find" ? [sealing, found] : [sealing, found, await ReplayAsync(ct), await OpenAsync(ct), await BesideAsync(ct)];
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static Table MakeTable()
    {
        var table = new Table("sealed: a journal", "readings", "points", "seals", "bytes a reading sealed, in all", "raw", "aim", "sealing, CPU ns a reading", "readings/s of one core");
        table.Note("Every point once in 5 s, on the second, a quarter of them with up to 50 ms of jitter; values wander by a percent and have a resolution of 0.1. 200,000 points have two or three readings each in a run: four runs become one seal.");
        return table;
    }

    private async Task<(long FromUs, long ToUs)> SealAsync(Table table, string directory, int points, double readingsMax, CancellationToken ct)
    {
        var files = new DiskFiles(directory);
        using var journal = JournalLog.Open(files, new JournalOptions { RawBytesKept = 0 });
        await ModelLog.AppendAsync(journal, _model, ct);
        using var index = ReadingIndex.Open(files, journal.DurableOffset, history: journal.Sealed);
        var sealer = new Sealer(files, journal, index, () => journal.DurableOffset);
        var traffic = new Traffic(points);
        var (count, raw) = (0L, journal.DurableOffset);
        var sealing = TimeSpan.Zero;
        var readings = new Reading[AppendReadings];
        while (count < readingsMax)
        {
            traffic.Fill(readings);
            var frame = FrameOf(readings);
            long ticket;
            while (!journal.TryAppend(frame, urgent: false, out ticket)) await journal.WaitRoomAsync(ct);
            await journal.WaitDurableAsync(ticket, ct);
            journal.SetApplied(journal.DurableOffset);
            await index.WaitRoomAsync(ct);
            index.Add(readings, journal.DurableOffset);
            count += readings.Length;
            if (count / AppendReadings % 128 == 0) SealOne();
        }
        while (SealOne())
        {
            // What is left.
        }
        if (sealer.Fault is { } fault) throw new InvalidOperationException(fault);
        var bytes = Directory.GetFiles(directory, "*.seal").Sum(path => new FileInfo(path).Length);
        var @sealed = journal.Sealed.Readings;
        table.Add(Text(@sealed, "N0"), Text(points, "N0"), Text(journal.Sealed.Count, "N0"), Text(bytes / (double)@sealed, "0.00"), Text((journal.DurableOffset - raw) / (double)count, "0.0"), "4",
            Text(sealing.TotalNanoseconds / @sealed, "0"), Text(@sealed / sealing.TotalSeconds, "N0"));
        return (traffic.BeganUs, traffic.NowUs);

        bool SealOne()
        {
            // Of the whole process: a run may be sorted beside it.
            var cpu = Environment.CpuUsage.TotalTime;
            var isSealed = sealer.TrySealNext(ct);
            if (isSealed) sealing += Environment.CpuUsage.TotalTime - cpu;
            return isSealed;
        }
    }

    private Table Find(long fromUs, long toUs)
    {
        var files = new DiskFiles(Journal);
        using var journal = JournalLog.Open(files, new JournalOptions());
        using var index = ReadingIndex.Open(files, journal.DurableOffset, history: journal.Sealed);
        var random = new Random(7);
        var (times, best) = (new List<double>(), new List<double>());
        var found = new List<Reading>();
        var (total, pauses) = (0L, GC.GetTotalPauseDuration());
        for (var i = 0; i < Lookups; i++)
        {
            var (point, from) = (random.Next(_model.Points.Length), random.NextInt64(fromUs, Math.Max(fromUs + 1, toUs - Instant.Hour)));
            var tries = Enumerable.Range(0, LookupTries).Select(_ => Look(index, point, from, found)).ToList();
            times.Add(tries[0]);
            best.Add(tries.Min());
            total += found.Count;
        }
        times.Sort();
        best.Sort();
        var table = new Table("sealed: the readings of one point and hour", "among", "readings found, mean", "median ms", "p99 ms", "best of three: median ms", "p99 ms", "max ms", "GC pauses, ms in all", "aim ms among 1 billion");
        table.Add(Text(journal.Sealed.Readings, "N0"), Text(total / (double)Lookups, "0"), Text(times[Lookups / 2], "0.00"), Text(times[Lookups * 99 / 100], "0.00"),
            Text(best[Lookups / 2], "0.00"), Text(best[Lookups * 99 / 100], "0.00"), Text(best[^1], "0.00"), Text((GC.GetTotalPauseDuration() - pauses).TotalMilliseconds, "0"), "5");
        table.Note("The best of three looks for the same hour is what the look itself costs; the first one waits for the machine as well, and for a page that is not in the page cache. The cost is that of the seals in the hour, not of all: a look at each of the others' time range.");
        return table;
    }

    private static double Look(ReadingIndex index, int point, long fromUs, List<Reading> found)
    {
        found.Clear();
        var began = Stopwatch.GetTimestamp();
        index.TryRead(point, fromUs, fromUs + Instant.Hour, found);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private async Task<Table> ReplayAsync(CancellationToken ct)
    {
        var table = new Table("sealed: replay through the twins", "stages", "workers", "readings/s", "CPU ns a reading", "aim readings/s");
        var files = new DiskFiles(Journal);
        using var journal = JournalLog.Open(files, new JournalOptions());
        var readings = journal.Sealed.Readings;
        // Compiled well when it is measured.
        await FoldAsync(journal, files, 2, ct);
        await MeasureAsync("unpack", 1, async () => await FoldAsync(journal, files, null, ct));
        foreach (var workers in (int[])[1, 2]) await MeasureAsync("unpack, fold", workers, async () => await FoldAsync(journal, files, workers, ct));
        using (var store = Projection.Open(Path.Combine(_directory, "twin.db"), files, journal))
        {
            using var index = ReadingIndex.Open(files, 0, history: journal.Sealed);
            await using var twins = new LocalTwins(_model, index, store, 0, [], 2);
            var projector = new Projector(twins, store, index, store.ReadLedger(), TimeProvider.System);
            using var reader = journal.Read(0);
            await MeasureAsync("unpack, fold, book, rows committed", 2, () => projector.CatchUpAsync(reader, journal.Sealed.End, ct));
            await projector.CatchUpAsync(reader, journal.DurableOffset, ct);
            await projector.CommitAsync(ct);
        }
        return table;

        async Task MeasureAsync(string stages, int workers, Func<Task> work)
        {
            var (cpu, wall) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            await work();
            var seconds = Stopwatch.GetElapsedTime(wall).TotalSeconds;
            table.Add(stages, Text(workers, "0"), Text(readings / seconds, "N0"), Text((Environment.CpuUsage.TotalTime - cpu).TotalNanoseconds / readings, "0"), stages == "unpack" ? "" : "5,000,000");
        }
    }

    /// <summary>Folds what is sealed, stretch by stretch; without workers it is only unpacked.</summary>
    private async Task FoldAsync(JournalLog journal, DiskFiles files, int? workers, CancellationToken ct)
    {
        using var index = ReadingIndex.Open(files, 0, history: journal.Sealed);
        await using var twins = workers is null ? null : new LocalTwins(_model, index, new NoStore(), 0, [], workers.Value);
        using var reader = journal.Read(0);
        var batch = new JournalBatch();
        var from = 0L;
        while (TryGather(reader, journal.Sealed.End, batch))
        {
            if (twins is not null) await twins.ApplyAsync(new PartitionBatch(0, from, reader.Offset, batch.Readings, batch.Slices), ct);
            index.Pass(from = reader.Offset);
        }
    }

    private static bool TryGather(JournalReader reader, long to, JournalBatch batch)
    {
        batch.Clear();
        var from = reader.Offset;
        while (reader.Offset == from && reader.TryRead(to, out var body))
        {
            while (Frame.TryRead(ref body, out var frame)) batch.Take(frame, reader.Block);
        }
        return reader.Offset > from;
    }

    /// <summary>Opens the data directory as a start does, in this process.</summary>
    private async Task<Table> OpenAsync(CancellationToken ct)
    {
        var table = new Table("sealed: start with everything journalled", "readings", "seconds to ready, median (min..max)", "aim");
        var seconds = new List<double>();
        var count = 0L;
        for (var run = 0; run < 3; run++)
        {
            SqliteConnection.ClearAllPools();
            var began = Stopwatch.GetTimestamp();
            await using var core = await TwinCore.OpenAsync(new ServeOptions { Cities = [Repository.City], Data = _directory, Simulate = false }, TimeProvider.System, ct);
            core.Start();
            await core.SettleAsync(ct);
            seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            count = core.ReadLedger().Total.Stored;
        }
        table.Add(Text(count, "N0"), new Spread(seconds).Text("0.00"), "10 with 100 million");
        return table;
    }

    /// <summary>A door's waits for its commits, 30,000 readings a second, without and with the sealer at work on what lies there.</summary>
    private async Task<Table> BesideAsync(CancellationToken ct)
    {
        const int Appends = 1000;
        var table = new Table("sealed: commits beside the sealer", "sealer", "commits", "median ms", "p99 ms", "stretches sealed meanwhile");
        var files = new DiskFiles(BusyJournal);
        using var journal = JournalLog.Open(files, new JournalOptions { RawBytesKept = 0 });
        using var index = ReadingIndex.Open(files, journal.DurableOffset, history: journal.Sealed);
        var traffic = new Traffic(_model.Points.Length);
        for (var i = 0; i < 4096; i++) await AppendAsync(new Reading[AppendReadings]);
        foreach (var isSealing in (bool[])[false, true])
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var before = journal.Sealed.Count;
            var sealing = isSealing ? Task.Run(() => new Sealer(files, journal, index, () => journal.DurableOffset).RunAsync(stop.Token), ct) : Task.CompletedTask;
            var waits = new List<double>();
            for (var i = 0; i < Appends; i++)
            {
                var began = Stopwatch.GetTimestamp();
                await AppendAsync(new Reading[150]);
                waits.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                await Task.Delay(5, ct);
            }
            await stop.CancelAsync();
            await sealing;
            waits.Sort();
            table.Add(isSealing ? "at work" : "none", Text(Appends, "0"), Text(waits[Appends / 2], "0.00"), Text(waits[Appends * 99 / 100], "0.00"), Text(journal.Sealed.Count - before, "0"));
        }
        return table;

        async Task AppendAsync(Reading[] readings)
        {
            traffic.Fill(readings);
            long ticket;
            while (!journal.TryAppend(FrameOf(readings), urgent: true, out ticket)) await journal.WaitRoomAsync(ct);
            await journal.WaitDurableAsync(ticket, ct);
            journal.SetApplied(journal.DurableOffset);
            await index.WaitRoomAsync(ct);
            index.Add(readings, journal.DurableOffset);
        }
    }

    private static byte[] FrameOf(Reading[] readings)
    {
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size];
        ReadingsFrame.WriteBodyHeader(body, 1, readings.Length, readings[^1].TimeUs, 0);
        MemoryMarshal.AsBytes(readings.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        return Frame.Make(FrameKind.Readings, body);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>What the points send, step by step, point by point.</summary>
    private sealed class Traffic(int points)
    {
        private const long StepUs = 5 * Instant.Second;

        private readonly Random _random = new(5);
        private readonly long[] _values = [.. Enumerable.Range(0, points).Select(point => 100_000_000L + point * 1_000_000L)];
        private int _next;

        public long BeganUs { get; } = Instant.From(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.FromHours(7)));

        public long NowUs => BeganUs + _step * StepUs;

        private long _step;

        public void Fill(Span<Reading> readings)
        {
            foreach (ref var reading in readings)
            {
                _values[_next] += _random.Next(-10, 11) * 100_000L;
                var jitter = _next % 4 == 0 ? _random.Next(50) * 1000L : 0;
                reading = new(NowUs + jitter, _values[_next], _next, 0, Quality.Good, ReadingFlags.None);
                if (++_next < _values.Length) continue;
                _next = 0;
                _step++;
            }
        }
    }

    /// <summary>Takes facts and keeps none.</summary>
    private sealed class NoStore : ITwinStore
    {
        public Contribution ReadTotal(int asset, long startUs) => default;

        public bool TryReadWindow(int point, long startUs, out PointWindow window) => (window = default).Point < 0;

        public void Put(in PointWindow window)
        {
            // Gone.
        }

        public void Put(in AssetWindow total)
        {
            // Gone.
        }

        public void PutLatest(in Reading latest)
        {
            // Gone.
        }

        public void Put(in SetAsideReadings readings)
        {
            // Gone.
        }

        public void ForgetSetAside(int point)
        {
            // Nothing is there.
        }

        public IReadOnlyList<SetAsideReadings> ReadSetAside() => [];
    }
}
