using System.Runtime.InteropServices;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;

namespace MekongTwin.History.Tests.Journal;

/// <summary>Readings that a city keeps no longer go in one step, whatever stops in between, and everything else is what it was.</summary>
public sealed class Expiring
{
    private const int RunReadings = 60;
    private const int KeepDays = 2;

    private static readonly JournalOptions Quick = new() { Linger = TimeSpan.Zero, RetryDelay = TimeSpan.FromMilliseconds(1), SegmentBytes = 3000, RawBytesKept = 0 };

    /// <summary>One city keeps its readings for two days, points 0 to 3; points 4 and 5 are another's, which keeps all.</summary>
    private static readonly CityRetention City = new("a", KeepDays * Instant.Day, 10 * Instant.Minute, new(TimeZoneInfo.Utc), [0, 1, 2, 3], [0, 1]);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task WhatIsKeptReadsAsItWasAndWhatGoesIsCounted(int seed)
    {
        var files = new FaultyFiles(seed);
        var written = new Written(seed);
        for (var days = 3; days <= 9; days += 3)
        {
            await written.AppendAsync(files, days);
            SealAll(files, written.End);
            var bytes = files.Contents().Where(file => file.Key.EndsWith(".seal", StringComparison.Ordinal)).Sum(file => file.Value.LongLength);
            Assert.True(await StepAsync(files, written));
            Assert.False(await StepAsync(files, written));
            Assert.True(files.Contents().Where(file => file.Key.EndsWith(".seal", StringComparison.Ordinal)).Sum(file => file.Value.LongLength) < bytes);
            written.AssertRead(files);
        }
        Assert.Equal(3, files.List(".horizon").Count);
    }

    [Fact]
    public async Task AStopAtAnyOperationLeavesTheOldOrTheNew()
    {
        var (operations, switched, unswitched) = (1, 0, 0);
        for (var isDone = false; !isDone; operations++)
        {
            foreach (var isPowerLost in (bool[])[false, true])
            {
                var files = new FaultyFiles(operations);
                var written = new Written(5);
                await written.AppendAsync(files, 6);
                SealAll(files, written.End);
                files.DiesAtOperation = files.Operations + operations;
                try
                {
                    await StepAsync(files, written);
                }
                catch (IOException) when (files.IsDead)
                {
                    // As meant.
                }
                isDone = !files.IsDead;
                var after = isPowerLost ? files.LosePower() : files.Kill();
                if (SealedHistory.Open(after).Horizon is null) unswitched++;
                else switched++;
                written.AssertRead(after);
                // The next opening clears away what is of no use, and the step is taken if it was not.
                await StepAsync(after, written);
                Assert.Single(after.List(".horizon"));
                Assert.Empty(after.List(".sealing"));
                Assert.Equal(after.List(".seal").Count, after.List(".seal").DistinctBy(static name => name[..39]).Count());
                written.AssertRead(after);
            }
        }
        Assert.True(switched > 5 && unswitched > 30, $"{switched} switched, {unswitched} not, {operations} operations");
    }

    [Fact]
    public async Task ADiskThatRefusesIsSaidAndTriedAgain()
    {
        for (var failure = 0; failure < 5; failure++)
        {
            var files = new FaultyFiles(failure);
            var written = new Written(6);
            await written.AppendAsync(files, 6);
            SealAll(files, written.End);
            using (var journal = JournalLog.Open(files, Quick))
            {
                var retention = new Retention(files, journal, new StillFold(journal), written, () => [City]);
                switch (failure)
                {
                    case 0: files.FailingCreates = 1; break;
                    case 1: files.FailingSyncs = 1; break;
                    case 2: files.FailingDirectorySyncs = 1; break;
                    case 3: files.SpaceLeft = 500; break;
                    case 4: files.SpaceLeft = 1; break;
                }
                Assert.False(await retention.TryStepAsync(Ct));
                Assert.Contains("Nothing is lost", retention.Fault, StringComparison.Ordinal);
                files.SpaceLeft = long.MaxValue;
                Assert.True(await retention.TryStepAsync(Ct));
                Assert.Null(retention.Fault);
            }
            written.AssertRead(files);
        }
    }

    /// <summary>A server whose clock runs years ahead lets go of no more than the devices' own times say.</summary>
    [Fact]
    public async Task AClockThatRunsAheadLetsNothingGoBeforeItsTime()
    {
        var files = new FaultyFiles(1);
        var written = new Written(9);
        await written.AppendAsync(files, 6);
        var now = Written.StartUs + (6 * Instant.Day);
        await written.AppendAsync(files, now + (5 * 365 * Instant.Day), 1, [new(now, 1, 0, 0, Quality.Good, 0)], expired: 0);
        SealAll(files, written.End);
        await StepAsync(files, written);
        var horizon = SealedHistory.Open(files).Horizon;
        Assert.True(horizon is null || horizon.Cities[0].ReadingsFromUs <= now - (KeepDays * Instant.Day));
        written.AssertRead(files);
    }

    [Fact]
    public async Task WhatComesTooLateIsExpiredForEveryReaderRawAndSealed()
    {
        var files = new FaultyFiles(1);
        var written = new Written(7);
        await written.AppendAsync(files, 6);
        SealAll(files, written.End);
        Assert.True(await StepAsync(files, written));
        var horizon = SealedHistory.Open(files).Horizon!.Cities[0];
        // Too late by a moment, just in time, and of a city that keeps all.
        Reading[] readings = [new(horizon.AcceptedFromUs - 1, 1, 0, 0, Quality.Good, 0), new(horizon.AcceptedFromUs, 2, 0, 0, Quality.Good, 0), new(horizon.ReadingsFromUs - Instant.Day, 3, 4, 0, Quality.Good, 0)];
        await written.AppendAsync(files, written.ReceivedUs, 1, readings, expired: 1);
        written.AssertRead(files);
        await written.AppendAsync(files, 7);
        SealAll(files, written.End);
        written.AssertRead(files);
    }

    [Fact]
    public async Task NothingGoesWhileSomethingThatWouldComeTooLateIsNotSealedYetOrComesMeanwhile()
    {
        foreach (var isFolded in (bool[])[true, false])
        {
            var files = new FaultyFiles(1);
            var written = new Written(8);
            await written.AppendAsync(files, 6);
            SealAll(files, written.End);
            if (isFolded) await written.AppendAsync(files, written.ReceivedUs, 1, [new(Written.StartUs, 1, 0, 0, Quality.Good, 0)], expired: 0);
            using (var journal = JournalLog.Open(files, Quick))
                Assert.False(await new Retention(files, journal, new StillFold(journal) { ComesTooLate = !isFolded }, written, () => [City]).TryStepAsync(Ct));
            Assert.Empty(files.List(".horizon"));
            Assert.Empty(files.List(".sealing"));
            written.AssertRead(files);
        }
    }

    [Fact]
    public async Task AnyDamagedByteOfAStepIsFoundAndNamed()
    {
        var files = new FaultyFiles(1);
        var written = new Written(9);
        await written.AppendAsync(files, 6);
        SealAll(files, written.End);
        Assert.True(await StepAsync(files, written));
        var name = Assert.Single(files.List(".horizon"));
        var whole = files.Content(name);
        for (var at = 0; at < whole.Length; at++)
        {
            // The header's padding says nothing.
            if (at is >= 12 and < 16 or >= 36 and < 40) continue;
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 4;
            files.Put(name, damaged);
            AssertNamed($"byte {at}");
        }
        files.Put(name, whole[..^1]);
        AssertNamed("cut");
        files.Delete(name);
        Assert.All(JournalRecovery.Check(files).Damage, static text => Assert.Contains("step of retention", text, StringComparison.Ordinal));
        Assert.NotEmpty(JournalRecovery.Check(files).Damage);
        // Nothing is cleared away that would be needed once it is back.
        JournalLog.Open(files, Quick).Dispose();
        files.Put(name, whole);
        Assert.Empty(JournalRecovery.Check(files).Damage);
        written.AssertRead(files);

        void AssertNamed(string what)
        {
            try
            {
                Assert.True(JournalRecovery.Check(files).Damage.Any(text => text.Contains(name, StringComparison.Ordinal)), what);
            }
            catch (JournalException e)
            {
                Assert.Contains(name, e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task AReaderThatWasOnItsWayGoesOn()
    {
        var files = new FaultyFiles(1);
        var written = new Written(10);
        await written.AppendAsync(files, 6);
        SealAll(files, written.End);
        using var journal = JournalLog.Open(files, Quick);
        using var whole = journal.Read(0, SealedAs.FramesBesideReadings);
        using var begun = journal.Read(0, SealedAs.FramesBesideReadings);
        var (expected, found) = (new List<string>(), new List<string>());
        while (whole.TryRead(written.End, out var body)) expected.Add(Convert.ToHexString(body));
        for (var i = 0; begun.TryRead(written.End, out var body); i++)
        {
            found.Add(Convert.ToHexString(body));
            if (i == 3) Assert.True(await new Retention(files, journal, new StillFold(journal), written, () => [City]).TryStepAsync(Ct));
        }
        Assert.Equal(expected, found);
        Assert.Equal(0, journal.Sealed.Damage.Count);
    }

    [Fact]
    public async Task ReadersBesideAStepFindWhatIsKeptAllTheTime()
    {
        var files = new FaultyFiles(1);
        var written = new Written(11);
        await written.AppendAsync(files, 9);
        SealAll(files, written.End);
        using var journal = JournalLog.Open(files, Quick);
        using var index = ReadingIndex.Open(files, written.End, RunReadings, TimeSpan.FromMilliseconds(1), journal.Sealed);
        var kept = CityHorizon.Before(written.ReceivedUs, City).ReadingsFromUs;
        List<Reading> Read()
        {
            var found = new List<Reading>();
            for (var point = 0; point < 6; point++) Assert.True(index.TryRead(point, kept, long.MaxValue, found));
            return found;
        }
        var expected = Read();
        var stepping = Task.Run(() => new Retention(files, journal, new StillFold(journal), written, () => [City]).TryStepAsync(Ct), Ct);
        do Assert.Equal(expected.Count, Read().Count);
        while (!stepping.IsCompleted);
        Assert.True(await stepping);
        Assert.Equal(expected.Count, Read().Count);
        Assert.Equal(0, journal.Sealed.Damage.Count);
    }

    private static async Task<bool> StepAsync(FaultyFiles files, Written written)
    {
        using var journal = JournalLog.Open(files, Quick);
        var retention = new Retention(files, journal, new StillFold(journal), written, () => [City]);
        var isDone = await retention.TryStepAsync(Ct);
        if (files.IsDead) throw new IOException("It stopped.");
        Assert.Null(retention.Fault);
        return isDone;
    }

    private static void SealAll(FaultyFiles files, long applied)
    {
        using var journal = JournalLog.Open(files, Quick);
        ReadingIndex.Open(files, applied, RunReadings, TimeSpan.FromMilliseconds(1), journal.Sealed).Dispose();
        using var index = ReadingIndex.Open(files, applied, RunReadings, TimeSpan.FromMilliseconds(1), journal.Sealed);
        var sealer = new Sealer(files, journal, index, () => applied);
        while (sealer.TrySealNext(Ct))
        {
            // One after the other.
        }
        Assert.Null(sealer.Fault);
    }

    /// <summary>A fold that has folded all there is.</summary>
    private sealed class StillFold(JournalLog journal) : IRetentionFold
    {
        public bool ComesTooLate { get; init; }

        public ValueTask<long> WatchAsync(Horizon next, CancellationToken ct) => new(journal.DurableOffset);

        public ValueTask<bool> TrySwitchAsync(Action<long> @switch, CancellationToken ct)
        {
            if (ComesTooLate) return new(false);
            @switch(journal.DurableOffset);
            return new(true);
        }
    }

    /// <summary>A journal as it was written, in plain lists, and simple facts of it: a window counts the instants in it.</summary>
    private sealed class Written(int seed) : ICommittedFacts
    {
        public static readonly long StartUs = Instant.From(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

        private readonly Random _random = new(seed);
        private readonly List<(Reading Reading, int Source)> _readings = [];
        private readonly List<string> _kept = [];
        private readonly Dictionary<int, long> _lastReceivedUs = [];
        private long _expired;

        public long End { get; private set; }

        public long ReceivedUs { get; private set; } = StartUs;

        /// <summary>Goes on to a day: each point every two hours, some a day late, some twice and from two sources.</summary>
        public async Task AppendAsync(FaultyFiles files, int toDay)
        {
            for (; ReceivedUs < StartUs + toDay * Instant.Day; ReceivedUs += 2 * Instant.Hour)
            {
                var readings = new List<Reading>();
                for (var point = 0; point < 6; point++)
                {
                    readings.Add(new(ReceivedUs - _random.Next(1000), _random.Next(100), point, 0, Quality.Good, 0));
                    if (_random.Next(4) == 0) readings.Add(readings[^1]);
                    if (_random.Next(4) == 0 && _readings.LastOrDefault(each => each.Reading.Point == point && each.Reading.TimeUs > ReceivedUs - Instant.Day) is { Source: > 0 } copy) readings.Add(copy.Reading);
                    if (_random.Next(5) == 0) readings.Add(new(ReceivedUs - _random.NextInt64(Instant.Day), 7, point, 0, Quality.Good, 0));
                }
                await AppendAsync(files, ReceivedUs, _random.Next(1, 3), [.. readings], expired: 0);
            }
        }

        public async Task AppendAsync(FaultyFiles files, long receivedUs, int source, Reading[] readings, int expired)
        {
            using var journal = JournalLog.Open(files, Quick);
            var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size + ReadingsFrame.RefusalSize];
            ReadingsFrame.WriteBodyHeader(body, source, readings.Length, receivedUs, 1);
            MemoryMarshal.AsBytes(readings.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
            ReadingsFrame.WriteRefusal(body.AsSpan(^ReadingsFrame.RefusalSize..), Refusal.Expired, 2);
            var kept = Frames.Numbered(receivedUs, 30);
            Assert.True(journal.TryAppend([.. Frame.Make(FrameKind.Readings, body), .. kept], urgent: true, out var ticket));
            await journal.WaitDurableAsync(ticket, Ct).AsTask().WaitAsync(Patience.Long, Ct);
            _kept.Add($"{End} {Convert.ToHexString(kept)}");
            _readings.AddRange(readings[expired..].Select(reading => (reading, source)));
            _lastReceivedUs[source] = receivedUs;
            _expired += 2 + expired;
            End = journal.DurableOffset;
        }

        /// <summary>Whatever was let go: everything that is kept is found, and everything that is gone stays in facts and counts.</summary>
        public void AssertRead(FaultyFiles files)
        {
            var history = SealedHistory.Open(files);
            var settled = new Settled();
            history.ReadSettled(settled);
            var horizon = history.Horizon;
            var gone = _readings.Where(each => horizon?.IsGone(each.Reading) == true).ToList();
            var stays = _readings.Where(each => horizon?.IsGone(each.Reading) != true).ToList();
            var (readings, kept, expired) = (new List<(Reading, int)>(), new List<string>(), 0L);
            var received = new Dictionary<int, long>();
            using (var reader = new JournalReader(files, 0))
            {
                while (reader.TryRead(End, out var body))
                {
                    while (Frame.TryRead(ref body, out var frame))
                    {
                        if (frame.Kind == FrameKind.Quarantine) kept.Add($"{reader.Block} {Convert.ToHexString(Frame.Make(frame.Kind, frame.Body))}");
                        if (frame.Kind != FrameKind.Readings) continue;
                        var of = new ReadingsFrame(frame.Body);
                        foreach (var reading in of.Readings) readings.Add((reading, of.Source));
                        for (var i = 0; i < of.RefusalCount; i++) expired += of.RefusalAt(i).Count;
                        received[of.Source] = Math.Max(received.GetValueOrDefault(of.Source), of.ReceivedUs);
                    }
                }
            }
            Assert.Equal(0, history.Damage.Count);
            Assert.Empty(JournalRecovery.Check(files).Damage);
            Assert.Equal(_kept, kept);
            Assert.Equal(_expired, expired);
            Assert.Equal(_lastReceivedUs.OrderBy(pair => pair.Key), received.OrderBy(pair => pair.Key));
            Assert.Equal(stays.Order(InOrder), readings.Order(InOrder));
            Assert.Equal(gone.CountBy(each => each.Source).OrderBy(pair => pair.Key), settled.Gone.GroupBy(each => each.Source, (source, each) => KeyValuePair.Create(source, (int)each.Sum(one => one.Readings))).OrderBy(pair => pair.Key));
            Assert.Equal(gone.DistinctBy(each => (each.Reading.Point, each.Reading.TimeUs)).Count(), settled.Gone.Sum(each => each.Stored));
            Assert.Equal(horizon is null ? [] : Windows().Where(window => horizon.IsSettled(window)), settled.Windows.OrderBy(window => (window.Point, window.StartUs)));
            Assert.Equal(horizon is null ? [] : Totals().Where(total => horizon.OfAsset(total.Asset) is { } city && total.StartUs < city.WindowsFromUs), settled.Totals.OrderBy(total => (total.Asset, total.StartUs)));
            using var index = ReadingIndex.Open(files, End, RunReadings, TimeSpan.FromMilliseconds(1));
            for (var point = 0; point < 6; point++)
            {
                var found = new List<Reading>();
                Assert.True(index.TryRead(point, long.MinValue, long.MaxValue, found));
                Assert.Equal(stays.Where(each => each.Reading.Point == point).Order(InOrder).Select(each => each.Reading), found.Select(reading => (Reading: reading, Source: 0)).Order(InOrder).Select(each => each.Reading));
                Assert.Equal(horizon?.OfPoint(point)?.ReadingsFromUs ?? long.MinValue, index.ReadingsFrom(point));
            }
        }

        public IReadOnlyList<PointWindow> PointWindows(int point, long fromUs, long toUs) => [.. Windows().Where(window => window.Point == point && window.StartUs >= fromUs && window.StartUs < toUs)];

        public IReadOnlyList<AssetWindow> AssetWindows(int asset, long fromUs, long toUs) => [.. Totals().Where(total => total.Asset == asset && total.StartUs >= fromUs && total.StartUs < toUs)];

        public IReadOnlyList<Reading> Latest() => [.. _readings.GroupBy(each => each.Reading.Point, (_, each) => each.MaxBy(one => one.Reading.TimeUs).Reading)];

        private IEnumerable<PointWindow> Windows() => _readings.Select(each => each.Reading).DistinctBy(reading => (reading.Point, reading.TimeUs))
            .GroupBy(reading => (reading.Point, Start: Instant.QuarterStart(reading.TimeUs))).OrderBy(window => window.Key)
            .Select(window => new PointWindow(window.Key.Point, window.Key.Start, window.Count(), 0, 1, -((Int128)long.MaxValue * 3), long.MinValue, long.MaxValue, -5, window.Key.Start + 9, -window.Count(), 17));

        private IEnumerable<AssetWindow> Totals() => Windows().Where(window => window.Point < 3).Select(window => new AssetWindow(window.Point, window.StartUs, new() { EnergyKwh = -window.Count, Detectors = 3, OccupancyCoveredUs = long.MaxValue }));

        private static readonly Comparer<(Reading Reading, int Source)> InOrder = Comparer<(Reading Reading, int Source)>.Create(static (a, b) =>
            a.Reading.Point != b.Reading.Point ? a.Reading.Point.CompareTo(b.Reading.Point) : ReadingOrder.Compare(a.Reading, b.Reading) is not 0 and var order ? order : a.Source.CompareTo(b.Source));
    }

    private sealed class Settled : ISettledFacts
    {
        public List<GoneReadings> Gone { get; } = [];

        public List<PointWindow> Windows { get; } = [];

        public List<AssetWindow> Totals { get; } = [];

        public void Add(in GoneReadings gone) => Gone.Add(gone);

        public void Add(in Reading latest) => Assert.Fail("every point is heard each day");

        public void Add(in PointWindow window) => Windows.Add(window);

        public void Add(in AssetWindow total) => Totals.Add(total);
    }
}
