using System.Runtime.InteropServices;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.History.Journal;

namespace MekongTwin.History.Tests.Journal;

/// <summary>What is sealed is what was there, in less space: whatever it was, whatever stops in between, whatever byte is damaged.</summary>
public sealed class Sealing
{
    private const int RunReadings = 70;

    private static readonly JournalOptions Quick = new() { Linger = TimeSpan.Zero, RetryDelay = TimeSpan.FromMilliseconds(1), SegmentBytes = 3000, RawBytesKept = 0 };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("MEKONGTWIN_SEED"), out var seed) ? seed : Environment.TickCount & 0xFFFFFF;

    private readonly Random _random = new(Seed);

    public Sealing() => TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}; MEKONGTWIN_SEED=n repeats it");

    [Fact]
    public async Task WhatIsSealedReadsAsItWas()
    {
        for (var life = 0; life < 20; life++)
        {
            var files = new FaultyFiles(life);
            var expected = await WrittenAsync(files, 60);
            var before = files.Contents().Where(file => file.Key.EndsWith(".journal", StringComparison.Ordinal)).Sum(file => file.Value.LongLength);
            SealAll(files, expected.End);
            Assert.True(files.List(".seal").Count > 3);
            Assert.Empty(JournalRecovery.Check(files).Damage);
            expected.AssertRead(files);
            expected.AssertFound(files, _random);
            Assert.True(files.Contents().Values.Sum(content => content.LongLength) < before);
        }
    }

    [Fact]
    public async Task BlocksBesideReadingsAreFoundFromAnyOfTheirOffsets()
    {
        var files = new FaultyFiles(Seed);
        var expected = await WrittenAsync(files, 80);
        SealAll(files, expected.End);
        foreach (var from in expected.Kept.Select(kept => kept.Place.Block).Distinct())
        {
            using var reader = new JournalReader(files, from, SealedAs.FramesBesideReadings);
            Assert.True(reader.TryRead(expected.End, out var body));
            Assert.Equal(from, reader.Block);
            Assert.Equal(expected.Kept.Where(kept => kept.Place.Block == from).Select(kept => kept.Text), Kept(body, from).Select(kept => kept.Text));
        }
    }

    [Fact]
    public async Task AReaderThatWasOnItsWayGoesOn()
    {
        var files = new FaultyFiles(Seed);
        var expected = await WrittenAsync(files, 80);
        using var journal = JournalLog.Open(files, Quick);
        using var index = OpenIndex(files, expected.End, journal);
        var sealer = new Sealer(files, journal, index, () => expected.End);
        using var reader = journal.Read(0, SealedAs.FramesBesideReadings);
        var found = new List<(FramePlace, string)>();
        while (reader.TryRead(expected.End, out var body))
        {
            found.AddRange(Kept(body, reader.Block));
            if (_random.Next(3) == 0) sealer.TrySealNext(Ct);
        }
        Assert.Equal(expected.Kept, found);
        Assert.Null(sealer.Fault);
    }

    [Fact]
    public async Task ReadersBesideTheSealerFindEverythingAllTheTime()
    {
        var files = new FaultyFiles(Seed);
        var expected = await WrittenAsync(files, 120);
        using var journal = JournalLog.Open(files, Quick);
        using var index = OpenIndex(files, expected.End, journal);
        var sealer = new Sealer(files, journal, index, () => expected.End);
        var sealing = Task.Run(() =>
        {
            while (sealer.TrySealNext(Ct))
            {
                // One after the other.
            }
        }, Ct);
        do expected.AssertFound(index, _random);
        while (!sealing.IsCompleted);
        await sealing;
        Assert.Null(sealer.Fault);
        expected.AssertFound(index, _random);
    }

    [Fact]
    public async Task LateReadingsAreFoundWithTheSealedOnes()
    {
        var files = new FaultyFiles(Seed);
        var expected = await WrittenAsync(files, 40);
        SealAll(files, expected.End);
        for (var i = 0; i < 4; i++)
        {
            await expected.AppendAsync(files, _random, 20);
            expected.AssertFound(files, _random);
            SealAll(files, expected.End);
            expected.AssertRead(files);
            expected.AssertFound(files, _random);
        }
    }

    [Fact]
    public async Task WhatIsKeptRawAndWhatIsNotAppliedIsNotSealed()
    {
        var files = new FaultyFiles(Seed);
        var expected = await WrittenAsync(files, 80);
        var applied = expected.Offsets[expected.Offsets.Count / 2];
        using (var journal = JournalLog.Open(files, Quick with { RawBytesKept = expected.End / 4 }))
        {
            using var index = OpenIndex(files, expected.End, journal);
            Drain(new Sealer(files, journal, index, () => applied));
            Assert.InRange(journal.Sealed.End, 1, applied);
            Drain(new Sealer(files, journal, index, () => expected.End));
            Assert.InRange(journal.Sealed.End, applied, expected.End - expected.End / 4);
        }
        expected.AssertRead(files);
    }

    /// <summary>As after a flood of what nobody can use.</summary>
    [Fact]
    public async Task AStretchWithoutReadingsIsSealedToo()
    {
        var files = new FaultyFiles(Seed);
        var useless = Frame.Make(FrameKind.Quarantine, new byte[1 << 20]);
        long end = 0;
        using (var journal = JournalLog.Open(files, Quick with { UnappliedBytesMax = long.MaxValue }))
        {
            for (var written = 0L; written <= ReadingIndex.RunBytesMax + (4 << 20); written += useless.Length)
            {
                Assert.True(journal.TryAppend(useless, urgent: true, out var ticket));
                await journal.WaitDurableAsync(ticket, Ct).AsTask().WaitAsync(Patience.Long, Ct);
            }
            Assert.True(journal.TryAppend(FrameOf(1, 5, [new(7, 70, 3, 0, Quality.Good, ReadingFlags.None)], []), urgent: true, out var last));
            await journal.WaitDurableAsync(last, Ct).AsTask().WaitAsync(Patience.Long, Ct);
            end = journal.DurableOffset;
        }
        SealAll(files, end);
        Assert.Single(files.List(".seal"));
        using var index = ReadingIndex.Open(files, end, RunReadings, TimeSpan.FromMilliseconds(1));
        var found = new List<Reading>();
        Assert.True(index.TryRead(3, 0, 100, found));
        Assert.Single(found);
        using var reader = new JournalReader(files, 0);
        var frames = 0;
        while (reader.TryRead(end, out var body))
        {
            while (Frame.TryRead(ref body, out var frame)) frames += frame.Kind == FrameKind.Quarantine && frame.Body.Length == 1 << 20 ? 1 : 0;
        }
        Assert.Equal(68, frames);
    }

    [Fact]
    public async Task AStopAtAnyOperationLosesNothingAndIsClearedAway()
    {
        var operations = 1;
        for (var isDone = false; !isDone; operations++)
        {
            foreach (var isPowerLost in (bool[])[false, true])
            {
                var files = new FaultyFiles(operations);
                // The same journal again and again.
                var expected = new Expected();
                await expected.AppendAsync(files, new Random(Seed), 30);
                files.DiesAtOperation = files.Operations + operations;
                try
                {
                    SealAll(files, expected.End);
                    isDone = !files.IsDead;
                }
                catch (IOException) when (files.IsDead)
                {
                    // As meant.
                }
                var after = isPowerLost ? files.LosePower() : files.Kill();
                expected.AssertRead(after);
                SealAll(after, expected.End);
                expected.AssertRead(after);
                expected.AssertFound(after, _random);
                Assert.Empty(JournalRecovery.Check(after).Damage);
                Assert.Empty(after.List(".sealing"));
            }
        }
        Assert.True(operations > 30, $"only {operations} operations");
    }

    [Fact]
    public async Task ADiskThatRefusesIsSaidAndTriedAgain()
    {
        for (var failure = 0; failure < 5; failure++)
        {
            var files = new FaultyFiles(failure);
            var expected = await WrittenAsync(files, 30);
            using (var journal = JournalLog.Open(files, Quick))
            {
                using var index = OpenIndex(files, expected.End, journal);
                var sealer = new Sealer(files, journal, index, () => expected.End);
                switch (failure)
                {
                    case 0: files.FailingCreates = 1; break;
                    case 1: files.FailingSyncs = 1; break;
                    case 2: files.FailingDirectorySyncs = 1; break;
                    case 3: files.SpaceLeft = 100; break;
                    case 4: files.SpaceLeft = 1; break;
                }
                Assert.False(sealer.TrySealNext(Ct));
                Assert.Contains("Nothing is lost", sealer.Fault, StringComparison.Ordinal);
                expected.AssertFound(index, _random);
                files.SpaceLeft = long.MaxValue;
                Assert.True(sealer.TrySealNext(Ct));
                Assert.Null(sealer.Fault);
                expected.AssertFound(index, _random);
            }
            expected.AssertRead(files);
        }
    }

    [Fact]
    public async Task AnyDamagedByteIsFoundAndNamedAndTheRestIsServed()
    {
        var files = new FaultyFiles(Seed);
        // So many that the second is never the last: without the last one it is the segments behind it that name the gap.
        var expected = await WrittenAsync(files, 60);
        SealAll(files, expected.End);
        var name = files.List(".seal")[1];
        var whole = files.Content(name);
        for (var at = 0; at < whole.Length; at += at < 80 || at > whole.Length - 300 ? 1 : _random.Next(1, 5))
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= (byte)(1 << _random.Next(8));
            files.Put(name, damaged);
            AssertNamed(name, $"byte {at}");
        }
        for (var length = 0; length < whole.Length; length += _random.Next(1, 60))
        {
            files.Put(name, whole[..length]);
            AssertNamed(name, $"cut to {length}");
        }
        files.Delete(name);
        Assert.Contains($"{name}: damaged: missing", Assert.Single(JournalRecovery.Check(files).Damage), StringComparison.Ordinal);
        AssertServed();
        files.Put(name, whole);
        Assert.Empty(JournalRecovery.Check(files).Damage);

        void AssertNamed(string damagedName, string what)
        {
            var damage = JournalRecovery.Check(files).Damage;
            Assert.True(damage.Count > 0, what);
            Assert.All(damage, text => Assert.StartsWith(damagedName, text, StringComparison.Ordinal));
            AssertServed();
        }

        void AssertServed()
        {
            using var journal = JournalLog.Open(files, Quick);
            using var index = OpenIndex(files, expected.End, journal);
            var inDamaged = expected.ReadingsIn(name);
            for (var point = 0; point < 9; point++)
            {
                var found = new List<Reading>();
                Assert.True(index.TryRead(point, long.MinValue, long.MaxValue, found));
                var lost = expected.Readings.Where(each => each.Reading.Point == point).Select(each => each.Reading).ToList();
                foreach (var reading in found) Assert.True(lost.Remove(reading), "more than there was");
                foreach (var reading in lost) Assert.True(inDamaged.Remove(reading), "lost, but not damaged");
            }
            using var reader = journal.Read(0);
            while (reader.TryRead(expected.End, out _))
            {
                // To its end.
            }
            Assert.True(journal.Sealed.Damage.Count > 0 || inDamaged.Count == expected.ReadingsIn(name).Count);
        }
    }

    [Fact]
    public async Task ASealOfAnotherJournalIsRefused()
    {
        var (files, others) = (new FaultyFiles(1), new FaultyFiles(2));
        var expected = await WrittenAsync(files, 30);
        SealAll(files, expected.End);
        SealAll(others, (await WrittenAsync(others, 30)).End);
        var (name, other) = (files.List(".seal")[0], others.List(".seal")[0]);
        var content = others.Content(other);
        files.Delete(name);
        files.Put(other, content);
        Assert.Throws<JournalException>(() => JournalLog.Open(files, Quick).Dispose());
        Assert.Contains(JournalRecovery.Check(files).Damage, text => text.Contains("another journal", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WithoutTheSegmentsBehindWhatIsSealedNothingIsBegunAnew()
    {
        var files = new FaultyFiles(Seed);
        SealAll(files, (await WrittenAsync(files, 30)).End);
        var names = files.List(".journal");
        // Whatever ends behind the last seal.
        var isLeft = true;
        foreach (var name in names.Reverse().TakeWhile(_ => isLeft))
        {
            files.Delete(name);
            isLeft = long.Parse(name[..19]) >= long.Parse(files.List(".seal")[^1][20..39]);
        }
        Assert.Throws<JournalException>(() => JournalLog.Open(files, Quick).Dispose());
        Assert.NotEmpty(JournalRecovery.Check(files).Damage);
        foreach (var name in files.List(".journal")) files.Delete(name);
        Assert.Throws<JournalException>(() => JournalLog.Open(files, Quick).Dispose());
        Assert.NotEmpty(JournalRecovery.Check(files).Damage);
    }

    [Fact]
    public async Task AJournalOfTheFormatBeforeIsOpenedAndSealed()
    {
        var files = new FaultyFiles(Seed);
        var expected = await WrittenAsync(files, 40);
        foreach (var segment in files.List(".journal"))
        {
            var content = files.Content(segment);
            content[4] = 2;
            BitConverter.TryWriteBytes(content.AsSpan(24), Crc(content.AsSpan(0, 24)));
            files.Put(segment, content);
        }
        Assert.Empty(JournalRecovery.Check(files).Damage);
        SealAll(files, expected.End);
        expected.AssertRead(files);
        // The newest segment is of this format: a program that does not know of seals refuses the journal.
        Assert.Equal(3, files.Content(files.List(".journal")[^1])[4]);

        static uint Crc(ReadOnlySpan<byte> bytes)
        {
            var crc = uint.MaxValue;
            foreach (var value in bytes) crc = System.Numerics.BitOperations.Crc32C(crc, value);
            return crc;
        }
    }

    [Fact]
    public async Task ThousandsOfReadingsOfOnePointAndManyPointsFillPages()
    {
        var files = new FaultyFiles(Seed);
        using (var journal = JournalLog.Open(files, Quick with { SegmentBytes = 1 << 20 }))
        {
            using var index = ReadingIndex.Open(files, 0, 40_000, history: journal.Sealed);
            var all = new List<Reading>();
            for (var i = 0; i < 45; i++)
            {
                var readings = new Reading[1000];
                for (var j = 0; j < readings.Length; j++) readings[j] = new(1000L * (all.Count + j) + _random.Next(2000), _random.Next(), j % 3 == 0 ? 7 : _random.Next(5000), 0, Quality.Good, ReadingFlags.None);
                Assert.True(journal.TryAppend(FrameOf(_random.Next(3), 5, readings, []), urgent: true, out var ticket));
                await journal.WaitDurableAsync(ticket, Ct);
                index.Add(readings, journal.DurableOffset);
                all.AddRange(readings);
            }
            await Patience.UntilAsync(() => files.List(".run").Count > 0, "the run is written");
            var sealer = new Sealer(files, journal, index, () => journal.DurableOffset);
            await Patience.UntilAsync(() => sealer.TrySealNext(Ct), "it is sealed");
            foreach (var point in Enumerable.Range(0, 40).Select(_ => _random.Next(5000)).Append(7))
            {
                var (from, to) = (_random.Next(20_000_000), _random.Next(20_000_000, 50_000_000));
                var found = new List<Reading>();
                Assert.True(index.TryRead(point, from, to, found));
                Assert.Equal(all.Where(reading => reading.Point == point && reading.TimeUs >= from && reading.TimeUs < to).Order(InOrder), found.Order(InOrder));
                Assert.True(index.CountAtMost(point, from, to) >= found.Count);
            }
        }
        Assert.Empty(JournalRecovery.Check(files).Damage);
    }

    private static readonly Comparer<Reading> InOrder = Comparer<Reading>.Create(static (a, b) => ReadingOrder.Compare(a, b) is not 0 and var order ? order : a.Flags.CompareTo(b.Flags));

    private async Task<Expected> WrittenAsync(FaultyFiles files, int blocks)
    {
        var expected = new Expected();
        await expected.AppendAsync(files, _random, blocks);
        return expected;
    }

    private static void SealAll(FaultyFiles files, long applied)
    {
        using var journal = JournalLog.Open(files, Quick);
        using var index = OpenIndex(files, applied, journal);
        var sealer = new Sealer(files, journal, index, () => applied);
        Drain(sealer);
        if (files.IsDead) throw new IOException("It stopped.");
        Assert.Null(sealer.Fault);
    }

    /// <summary>An index whose full stretches are all written as runs.</summary>
    private static ReadingIndex OpenIndex(FaultyFiles files, long applied, JournalLog journal)
    {
        ReadingIndex.Open(files, applied, RunReadings, TimeSpan.FromMilliseconds(1), journal.Sealed).Dispose();
        return ReadingIndex.Open(files, applied, RunReadings, TimeSpan.FromMilliseconds(1), journal.Sealed);
    }

    private static void Drain(Sealer sealer)
    {
        while (sealer.TrySealNext(Ct))
        {
            // One after the other.
        }
    }

    private static byte[] FrameOf(int source, long receivedUs, Reading[] readings, (Refusal Reason, int Count)[] refusals)
    {
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size + refusals.Length * ReadingsFrame.RefusalSize];
        ReadingsFrame.WriteBodyHeader(body, source, readings.Length, receivedUs, refusals.Length);
        MemoryMarshal.AsBytes(readings.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        for (var i = 0; i < refusals.Length; i++) ReadingsFrame.WriteRefusal(body.AsSpan(ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size + i * ReadingsFrame.RefusalSize), refusals[i].Reason, refusals[i].Count);
        return Frame.Make(FrameKind.Readings, body);
    }

    private static List<(FramePlace Place, string Text)> Kept(ReadOnlySpan<byte> body, long block)
    {
        var kept = new List<(FramePlace, string)>();
        for (var place = 0; Frame.TryRead(ref body, out var frame); place++)
        {
            if (frame.Kind is not (0 or FrameKind.Readings)) kept.Add((new(block, place), $"{frame.Kind} {Convert.ToHexString(frame.Body)}"));
        }
        return kept;
    }

    /// <summary>A journal as it was written, in plain lists.</summary>
    private sealed class Expected
    {
        public List<(Reading Reading, int Source, long Block)> Readings { get; } = [];

        public List<(FramePlace Place, string Text)> Kept { get; } = [];

        public Dictionary<(int Source, Refusal Reason), long> Refused { get; } = [];

        public Dictionary<int, long> ReceivedUs { get; } = [];

        public List<long> Offsets { get; } = [];

        public long End => Offsets[^1];

        /// <summary>Blocks of anything: few points and times, so that copies arise.</summary>
        public async Task AppendAsync(FaultyFiles files, Random random, int blocks)
        {
            using var journal = JournalLog.Open(files, Quick);
            for (var i = 0; i < blocks; i++)
            {
                var body = MakeBlock(random, journal.DurableOffset);
                if (body.Length == 0) continue;
                Assert.True(journal.TryAppend(body, urgent: true, out var ticket));
                await journal.WaitDurableAsync(ticket, Ct).AsTask().WaitAsync(Patience.Long, Ct);
                Offsets.Add(journal.DurableOffset);
            }
        }

        public void AssertRead(FaultyFiles files)
        {
            var (readings, kept) = (new List<(Reading Reading, int Source)>(), new List<(FramePlace, string)>());
            var refused = new Dictionary<(int, Refusal), long>();
            var received = new Dictionary<int, long>();
            using var reader = new JournalReader(files, 0);
            while (reader.TryRead(End, out var body))
            {
                kept.AddRange(Kept(body, reader.Block));
                while (Frame.TryRead(ref body, out var frame))
                {
                    if (frame.Kind != FrameKind.Readings) continue;
                    var of = new ReadingsFrame(frame.Body);
                    foreach (var reading in of.Readings) readings.Add((reading, of.Source));
                    for (var i = 0; i < of.RefusalCount; i++) refused[(of.Source, of.RefusalAt(i).Reason)] = refused.GetValueOrDefault((of.Source, of.RefusalAt(i).Reason)) + of.RefusalAt(i).Count;
                    received[of.Source] = Math.Max(received.GetValueOrDefault(of.Source), of.ReceivedUs);
                }
            }
            Assert.Equal(End, reader.Offset);
            Assert.Equal(this.Kept, kept);
            Assert.Equal(Readings.Select(each => (each.Reading, each.Source)).Order(Sourced), readings.Order(Sourced));
            Assert.Equal(Refused.OrderBy(pair => pair.Key), refused.OrderBy(pair => pair.Key));
            Assert.Equal(ReceivedUs.OrderBy(pair => pair.Key), received.OrderBy(pair => pair.Key));
        }

        public void AssertFound(FaultyFiles files, Random random)
        {
            using var index = ReadingIndex.Open(files, End, RunReadings, TimeSpan.FromMilliseconds(1));
            AssertFound(index, random);
        }

        public void AssertFound(ReadingIndex index, Random random)
        {
            for (var i = 0; i < 20; i++)
            {
                var (point, from) = (random.Next(9), random.NextInt64(-5, 100));
                var to = from + random.Next(60);
                var found = new List<Reading>();
                Assert.True(index.TryRead(point, from, to, found));
                Assert.Equal(Readings.Where(each => each.Reading.Point == point && each.Reading.TimeUs >= from && each.Reading.TimeUs < to).Select(each => each.Reading).Order(InOrder), found.Order(InOrder));
                Assert.True(index.CountAtMost(point, from, to) >= found.Count);
            }
        }

        public List<Reading> ReadingsIn(string seal)
        {
            var (from, to) = (long.Parse(seal[..19]), long.Parse(seal[20..39]));
            return [.. Readings.Where(each => each.Block >= from && each.Block < to).Select(each => each.Reading)];
        }

        private static readonly Comparer<(Reading Reading, int Source)> Sourced = Comparer<(Reading Reading, int Source)>.Create(static (a, b) =>
            a.Reading.Point != b.Reading.Point ? a.Reading.Point.CompareTo(b.Reading.Point) : InOrder.Compare(a.Reading, b.Reading) is not 0 and var order ? order : a.Source.CompareTo(b.Source));

        private byte[] MakeBlock(Random random, long block)
        {
            var body = new List<byte>();
            var frames = random.Next(1, 5);
            for (var place = 0; place < frames; place++)
            {
                if (random.Next(4) == 0)
                {
                    var frame = Frames.Numbered(random.Next(), random.Next(60));
                    if (random.Next(3) == 0) frame = SourceFrame.Make(random.Next(4), "source " + random.Next(1000));
                    Kept.AddRange(Sealing.Kept(frame, block).Select(kept => (new FramePlace(block, place), kept.Text)));
                    body.AddRange(frame);
                    continue;
                }
                var source = random.Next(4) == 0 ? random.Next(-1, 4) : 1;
                var readings = new Reading[random.Next(0, 12)];
                for (var i = 0; i < readings.Length; i++)
                    readings[i] = new(random.Next(100), random.Next(10) == 0 ? random.NextInt64() : random.Next(50), random.Next(8), (ushort)random.Next(2), random.Next(5) == 0 ? Quality.Bad : Quality.Good, (ReadingFlags)random.Next(2));
                (Refusal, int)[] refusals = random.Next(3) == 0 ? [(Refusal.Expired, random.Next(1, 9)), (Refusal.ValueOutOfRange, 1)] : [];
                var receivedUs = random.Next(1, 1_000_000);
                Readings.AddRange(readings.Select(reading => (reading, source, block)));
                foreach (var (reason, count) in refusals) Refused[(source, reason)] = Refused.GetValueOrDefault((source, reason)) + count;
                ReceivedUs[source] = Math.Max(ReceivedUs.GetValueOrDefault(source), receivedUs);
                body.AddRange(FrameOf(source, receivedUs, readings, refusals));
            }
            return [.. body];
        }
    }
}
