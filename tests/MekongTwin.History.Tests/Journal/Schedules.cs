using MekongTwin.History.Journal;

namespace MekongTwin.History.Tests.Journal;

/// <summary>
/// Generated lives of a journal: appends, acknowledgements, kills, power losses, failing disks, openings that are cut short.
/// After each opening every acknowledged frame is there exactly once and in order; what was there once stays.
/// </summary>
public sealed class Schedules
{
    private static readonly int Lives = Environment.GetEnvironmentVariable("MEKONGTWIN_FULL") == "1" ? 20_000 : 500;

    [Fact]
    public async Task LoseNothingAcknowledgedAndRepeatNothing()
    {
        var first = int.TryParse(Environment.GetEnvironmentVariable("MEKONGTWIN_SEED"), out var given) ? given : Environment.TickCount & 0xFFFFFF;
        var count = Environment.GetEnvironmentVariable("MEKONGTWIN_SEED") is null ? Lives : 1;
        TestContext.Current.TestOutputHelper?.WriteLine($"seeds {first} to {first + count - 1}; MEKONGTWIN_SEED=n repeats one");
        for (var seed = first; seed < first + count; seed++)
        {
            try
            {
                await new Life(seed).RunAsync();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new Xunit.Sdk.XunitException($"seed {seed}: {e}");
            }
        }
    }

    private sealed class Life
    {
        private readonly Random _random;
        private readonly JournalOptions _options;
        private readonly List<long> _kept = [];
        private readonly HashSet<long> _acknowledged = [];
        private FaultyFiles _files;
        private long _next;

        public Life(int seed)
        {
            _random = new Random(seed);
            _files = new FaultyFiles(seed);
            _options = new JournalOptions
            {
                SegmentBytes = _random.Next(100, 6000),
                PendingBytesMax = _random.Next(4000, 20_000),
                Linger = TimeSpan.FromMilliseconds(_random.Next(2)),
                RetryDelay = TimeSpan.FromMilliseconds(1),
            };
        }

        public async Task RunAsync()
        {
            var generations = _random.Next(2, 8);
            for (var generation = 0; generation < generations; generation++)
            {
                if (_random.Next(3) > 0) _files.DiesAtOperation = _files.Operations + _random.Next(1, 40);
                if (TryOpen() is { } journal)
                {
                    using (journal) await LiveAsync(journal);
                }
                _files = _random.Next(3) == 0 ? _files.Kill() : _files.LosePower();
            }
            _files.DiesAtOperation = long.MaxValue;
            using var last = JournalLog.Open(_files, _options);
            Check(last);
            await last.AppendAsync(_next);
            Assert.Equal(_next, Frames.Read(_files, last.DurableOffset)[^1]);
        }

        private JournalLog? TryOpen()
        {
            try
            {
                var journal = JournalLog.Open(_files, _options);
                Check(journal);
                return journal;
            }
            catch (IOException) when (_files.IsDead)
            {
                return null;
            }
        }

        private void Check(JournalLog journal)
        {
            var found = Frames.Read(_files, journal.DurableOffset);
            Assert.Equal(found.Distinct().Order(), found);
            Assert.Empty(_acknowledged.Except(found));
            // What an opening showed was folded into facts: it must not vanish again.
            Assert.Empty(_kept.Except(found));
            Assert.Empty(JournalRecovery.Check(_files).Damage);
            _kept.Clear();
            _kept.AddRange(found);
        }

        private async Task LiveAsync(JournalLog journal)
        {
            var waiting = new List<(long Number, long Ticket)>();
            var steps = _random.Next(1, 25);
            for (var step = 0; step < steps && !_files.IsDead; step++)
            {
                Disturb();
                var padding = _random.Next(6) == 0 ? _random.Next(1800) : _random.Next(60);
                if (!journal.TryAppend(Frames.Numbered(_next, padding), _random.Next(2) == 0, out var ticket))
                {
                    _files.SpaceLeft = long.MaxValue;
                    await Task.WhenAny(journal.WaitRoomAsync(CancellationToken.None).AsTask(), _files.Died).WaitAsync(Patience.Long);
                    continue;
                }
                waiting.Add((_next++, ticket));
                if (_random.Next(3) > 0) continue;
                _files.SpaceLeft = long.MaxValue;
                await Task.WhenAny(journal.WaitDurableAsync(ticket, CancellationToken.None).AsTask(), _files.Died).WaitAsync(Patience.Long);
                if (_random.Next(3) == 0) journal.SetApplied(journal.DurableOffset);
            }
            // A clean end commits what is left, unless the machine stops first.
            if (_random.Next(3) == 0) journal.Dispose();
            foreach (var (number, ticket) in waiting) if (ticket <= journal.Durable) _acknowledged.Add(number);
        }

        private void Disturb()
        {
            switch (_random.Next(30))
            {
                case 0: _files.FailingSyncs = _random.Next(1, 4); break;
                case 1: _files.FailingCreates = _random.Next(1, 3); break;
                case 2: _files.FailingDirectorySyncs = _random.Next(1, 3); break;
                case 3: _files.SpaceLeft = _random.Next(200); break;
                default: _files.SpaceLeft = long.MaxValue; break;
            }
        }
    }
}
