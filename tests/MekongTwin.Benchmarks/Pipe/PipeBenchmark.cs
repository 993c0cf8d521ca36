using System.Diagnostics;
using System.Globalization;
using MekongTwin.Benchmarks.Processes;
using MekongTwin.Benchmarks.Report;
using MekongTwin.Domain.Access;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;
using MekongTwin.Host.Twins;
using MekongTwin.Ingest;

namespace MekongTwin.Benchmarks.Pipe;

/// <summary>
/// The path of a message without sockets, one stage more in each row, so that the difference of two rows is a stage's cost.
/// <para>The sketch for a 60-byte message: decode 30 ns (5 of them the time), route 5 ns (kept per topic by the door, 20 ns
/// when looked up), checks and stamp 10 ns; journal 24 bytes: one copy in, a checksum of 8 bytes a cycle, one copy to the
/// page cache and one back, 15 ns, and a sync per group of thousands; fold: a few additions on a cold line of a thousand
/// twins, 50 ns; index 10 ns; rows: one upsert of 7 us per point and second, spread over what came in.</para>
/// </summary>
internal sealed class PipeBenchmark(int runs, double scale, string? only)
{
    /// <summary>Messages a door admits between two hand-overs to the journal: about a full read of a socket.</summary>
    private const int BatchMessages = 256;

    private readonly Model _model = CityFolder.Read([Repository.City]);

    public async Task<Table> RunAsync(CancellationToken ct)
    {
        var table = new Table("pipe: the path in one process, stage by stage", "stages", "payload", "CPU ns per message, median (min..max)", "CPU ns per reading", "allocated bytes per message");
        foreach (var pack in (bool[])[false, true])
        {
            await AddAsync(table, "decode, admit", pack, () => Task.FromResult<IPath>(new AdmitPath(_model, pack)), ct);
            await AddAsync(table, "decode, admit, journal in memory", pack, () => Task.FromResult<IPath>(new JournalPath(_model, pack, onDisk: false)), ct);
            await AddAsync(table, "decode, admit, journal on disk", pack, () => Task.FromResult<IPath>(new JournalPath(_model, pack, onDisk: true)), ct);
            await AddAsync(table, "decode, admit, journal on disk, fold, index, rows committed", pack, () => Task.FromResult<IPath>(new FoldPath(_model, pack)), ct);
        }
        table.Note("CPU of the whole process, all threads. Allocations of 0.0 mean none in steady state; what the fold allocates is the index's and twins' memory of readings.");
        return table;
    }

    private async Task AddAsync(Table table, string name, bool pack, Func<Task<IPath>> open, CancellationToken ct)
    {
        if (only is not null && !name.Contains(only, StringComparison.OrdinalIgnoreCase)) return;
        var messages = (long)((pack ? 300_000 : 3_000_000) * scale);
        var (costs, allocations) = (new List<double>(), new List<double>());
        await using var path = await open();
        await path.RunAsync(messages / 2, ct);
        for (var run = 0; run < runs; run++)
        {
            // The compiler's second thoughts come in the background and are not the path's.
            await Task.Delay(200, ct);
            var (cpu, allocated) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));
            await path.RunAsync(messages, ct);
            costs.Add((Environment.CpuUsage.TotalTime - cpu).TotalNanoseconds / messages);
            allocations.Add((double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / messages);
        }
        var cost = new Spread(costs);
        table.Add(name, pack ? "SenML pack of 10" : "plain, 60 bytes", cost.Text("0"), (cost.Median / (pack ? 10 : 1)).ToString("0", CultureInfo.InvariantCulture), new Spread(allocations).Text("0.0"));
    }

    /// <summary>A part of the path, from the payload on.</summary>
    private interface IPath : IAsyncDisposable
    {
        Task RunAsync(long messages, CancellationToken ct);
    }

    /// <summary>What a connection does with what it read: routes are kept per topic, as the door does.</summary>
    private sealed class Feeder(ISource source, Messages messages)
    {
        private readonly Route[] _routes = new Route[messages.Topics];

        public async ValueTask<long> AdmitAsync(int count, CancellationToken ct)
        {
            Admit(count);
            return await source.SubmitAsync(ct);
        }

        private void Admit(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var number = messages.TopicNumber;
                var topic = messages.Topic(number);
                if (_routes[number].Handle == 0) _routes[number] = source.Resolve(topic);
                if (source.Admit(_routes[number], topic, messages.Next()) != Admission.Admitted) throw new InvalidOperationException("A message of the benchmark was not admitted.");
            }
        }
    }

    private sealed class AdmitPath(Model model, bool pack) : IPath
    {
        private readonly Feeder _feeder = MakeFeeder(model, pack, new NoJournal());

        public async Task RunAsync(long messages, CancellationToken ct)
        {
            for (var done = 0L; done < messages; done += BatchMessages) await _feeder.AdmitAsync(BatchMessages, ct);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static Feeder MakeFeeder(Model model, bool pack, NoJournal journal) => OpenFeeder(model, pack, journal, journal);
    }

    private sealed class JournalPath : IPath
    {
        private readonly string? _directory;
        private readonly JournalLog _journal;
        private readonly Feeder _feeder;

        public JournalPath(Model model, bool pack, bool onDisk)
        {
            _directory = onDisk ? Directory.CreateTempSubdirectory("mekongtwin-bench-").FullName : null;
            _journal = JournalLog.Open(_directory is null ? new MemoryFiles() : new DiskFiles(_directory), new JournalOptions { SegmentBytes = onDisk ? 16 << 20 : long.MaxValue });
            _feeder = OpenFeeder(model, pack, _journal, new Commits(_journal));
        }

        public async Task RunAsync(long messages, CancellationToken ct)
        {
            var ticket = 0L;
            for (var done = 0L; done < messages; done += BatchMessages)
            {
                ticket = await _feeder.AdmitAsync(BatchMessages, ct);
                _journal.SetApplied(_journal.DurableOffset);
            }
            await _journal.WaitDurableAsync(ticket, ct);
        }

        public ValueTask DisposeAsync()
        {
            _journal.Dispose();
            if (_directory is not null) Directory.Delete(_directory, recursive: true);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class FoldPath : IPath
    {
        /// <summary>A turn's worth of messages is admitted, made durable, then folded.</summary>
        private const int TurnReadings = 32 << 10;

        private readonly string _directory = Directory.CreateTempSubdirectory("mekongtwin-bench-").FullName;
        private readonly JournalLog _journal;
        private readonly TwinStore _store;
        private readonly ReadingIndex _index;
        private readonly LocalTwins _twins;
        private readonly Projector _projector;
        private readonly JournalReader _reader;
        private readonly Feeder _feeder;
        private readonly int _turnMessages;
        private long _lastCommit = Stopwatch.GetTimestamp();

        public FoldPath(Model model, bool pack)
        {
            var files = new DiskFiles(_directory);
            _journal = JournalLog.Open(files, new JournalOptions());
            _store = new TwinStore(Path.Combine(_directory, "twin.db"));
            _index = ReadingIndex.Open(files, 0);
            _twins = new LocalTwins(model, _index, _store, 0, [], 1);
            _projector = new Projector(_twins, _store, _index, _store.ReadLedger(), TimeProvider.System);
            _reader = _journal.Read(0);
            _feeder = OpenFeeder(model, pack, _journal, new Commits(_journal));
            _turnMessages = TurnReadings / (pack ? 10 : 1);
        }

        public async Task RunAsync(long messages, CancellationToken ct)
        {
            for (var done = 0L; done < messages; done += _turnMessages)
            {
                var ticket = 0L;
                for (var turn = 0; turn < _turnMessages; turn += BatchMessages) ticket = await _feeder.AdmitAsync(BatchMessages, ct);
                await _journal.WaitDurableAsync(ticket, ct);
                await _projector.CatchUpAsync(_reader, _journal.DurableOffset, ct);
                _journal.SetApplied(_projector.Applied);
                if (Stopwatch.GetElapsedTime(_lastCommit).TotalSeconds < 1) continue;
                await _projector.CommitAsync(ct);
                _lastCommit = Stopwatch.GetTimestamp();
            }
        }

        public async ValueTask DisposeAsync()
        {
            _reader.Dispose();
            await _twins.DisposeAsync();
            _journal.Dispose();
            _index.Dispose();
            _store.Dispose();
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static Feeder OpenFeeder(Model model, bool pack, IJournalWriter journal, ICommits commits)
    {
        var admissions = new Admissions(journal, commits, TimeProvider.System, model, new Dictionary<int, string>(), new AdmissionOptions());
        return new(admissions.Open("bench", Principal.Open), new Messages(model, pack));
    }
}
