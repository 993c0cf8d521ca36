using System.Runtime.InteropServices;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.History.Journal;

namespace MekongTwin.History.Tests.Journal;

/// <summary>The index of readings against a plain list, over runs and recent readings, openings and damage.</summary>
public sealed class Finding
{
    private const int RunReadings = 40;

    private static readonly JournalOptions Quick = new() { Linger = TimeSpan.Zero, RetryDelay = TimeSpan.FromMilliseconds(1), SegmentBytes = 3000 };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly Random _random = new(Seed);
    private readonly List<(Reading Reading, long Offset)> _all = [];
    private Reading[] _newest = [];

    private static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("MEKONGTWIN_SEED"), out var seed) ? seed : Environment.TickCount & 0xFFFFFF;

    public Finding() => TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}; MEKONGTWIN_SEED=n repeats it");

    [Fact]
    public async Task FindsWhatAListFindsAcrossRunsAndRecentOnes()
    {
        var files = new FaultyFiles();
        using var journal = JournalLog.Open(files, Quick);
        using var index = ReadingIndex.Open(files, 0, RunReadings);
        for (var i = 0; i < 60; i++)
        {
            await JournalAsync(journal);
            index.Add(_newest, journal.DurableOffset);
            AssertFinds(index, journal.DurableOffset);
        }
        await Patience.UntilAsync(() => files.List(".run").Count > 5, "runs are written");
        AssertFinds(index, journal.DurableOffset);
    }

    [Fact]
    public async Task FindsWhatAListFindsAfterOpeningAtAnyAppliedOffset()
    {
        var files = await WrittenAsync();
        var offsets = _all.Select(entry => entry.Offset).Distinct().ToList();
        // Runs newer than what is applied are left alone and made again.
        foreach (var applied in offsets.Append(0).OrderBy(_ => _random.Next()).Take(25))
        {
            using (var index = ReadingIndex.Open(files, applied, RunReadings)) AssertFinds(index, applied);
        }
        using var last = ReadingIndex.Open(files, offsets[^1], RunReadings);
        AssertFinds(last, offsets[^1]);
    }

    [Fact]
    public async Task GoesOnAfterAnOpeningBetweenRuns()
    {
        var files = await WrittenAsync();
        using var journal = JournalLog.Open(files, Quick);
        var applied = _all[_all.Count / 2].Offset;
        using (var index = ReadingIndex.Open(files, applied, RunReadings))
        {
            foreach (var block in _all.Where(entry => entry.Offset > applied).GroupBy(entry => entry.Offset)) index.Add(block.Select(entry => entry.Reading).ToArray(), block.Key);
            AssertFinds(index, journal.DurableOffset);
        }
        using var again = ReadingIndex.Open(files, journal.DurableOffset, RunReadings);
        AssertFinds(again, journal.DurableOffset);
    }

    [Fact]
    public async Task AMissingRunIsMadeAgain()
    {
        var files = await WrittenAsync();
        foreach (var name in files.List(".run"))
        {
            var kept = files.Content(name);
            files.Delete(name);
            using (var index = ReadingIndex.Open(files, _all[^1].Offset, RunReadings)) AssertFinds(index, _all[^1].Offset);
            Assert.Equal(kept, files.Content(name));
        }
    }

    [Fact]
    public async Task OnlyWhatIsMissingIsMadeAgain()
    {
        var files = await WrittenAsync();
        var names = files.List(".run");
        foreach (var gap in (int[][])[[2], [0], [1, 2], [3, 5]])
        {
            foreach (var at in gap) files.Delete(names[at]);
            var before = files.Operations;
            using (var index = ReadingIndex.Open(files, _all[^1].Offset, RunReadings)) AssertFinds(index, _all[^1].Offset);
            // A run is created, written in three parts and synced twice.
            Assert.Equal(6 * gap.Length, files.Operations - before);
            Assert.Equal(names, files.List(".run"));
            using (var again = ReadingIndex.Open(files, _all[^1].Offset, RunReadings)) AssertFinds(again, _all[^1].Offset);
        }
    }

    [Fact]
    public async Task ABlockOfSeveralFramesIsInOneStretch()
    {
        var files = new FaultyFiles();
        using var journal = JournalLog.Open(files, Quick with { SegmentBytes = 1 << 20 });
        for (var i = 0; i < 12; i++) await JournalAsync(journal, frames: 7);
        var applied = _all[^1].Offset;
        for (var times = 0; times < 3; times++)
        {
            using var index = ReadingIndex.Open(files, applied, RunReadings);
            AssertFinds(index, applied);
        }
    }

    [Fact]
    public async Task WithoutRoomTheTailerWaitsUntilTheDiskTakesRunsAgain()
    {
        var files = new FaultyFiles();
        using var journal = JournalLog.Open(files, Quick with { SegmentBytes = 1 << 20 });
        using var index = ReadingIndex.Open(files, 0, RunReadings, TimeSpan.FromMilliseconds(1));
        files.FailingCreates = int.MaxValue;
        var taken = 0;
        while (index.WaitRoomAsync(Ct).AsTask().IsCompleted)
        {
            await JournalAsync(journal);
            index.Add(_newest, journal.DurableOffset);
            taken += _newest.Length;
            Assert.True(taken <= (ReadingIndex.FullStretchesMax + 1) * (RunReadings + 25), "more is held in memory than the bound says");
        }
        Assert.True(taken >= ReadingIndex.FullStretchesMax * RunReadings);
        var room = index.WaitRoomAsync(Ct).AsTask();
        await Patience.UntilAsync(() => index.Fault is not null, "the fault is said");
        Assert.False(room.IsCompleted);
        AssertFinds(index, journal.DurableOffset);
        files.FailingCreates = 0;
        await room.WaitAsync(Patience.Long, Ct);
        await Patience.UntilAsync(() => index.Fault is null && files.List(".run").Count == ReadingIndex.FullStretchesMax, "every run is written");
        AssertFinds(index, journal.DurableOffset);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ARunThatCannotBeWrittenLeavesNoFileOpen(bool isFull)
    {
        var files = new FaultyFiles();
        using var journal = JournalLog.Open(files, Quick with { SegmentBytes = 1 << 20 });
        var before = files.OpenFiles;
        using (var index = ReadingIndex.Open(files, 0, RunReadings, TimeSpan.FromMilliseconds(1)))
        {
            while (_all.Count < RunReadings) await JournalAsync(journal);
            if (isFull) files.SpaceLeft = 100;
            else files.FailingSyncs = int.MaxValue;
            var operations = files.Operations;
            index.Add(_all.Select(entry => entry.Reading).ToArray(), journal.DurableOffset);
            await Patience.UntilAsync(() => files.Operations > operations + 100, "it is tried many times");
            Assert.InRange(files.OpenFiles, before, before + 1);
            (files.SpaceLeft, files.FailingSyncs) = (long.MaxValue, 0);
            await Patience.UntilAsync(() => index.Fault is null && files.List(".run").Count == 1, "the run is written");
            AssertFinds(index, journal.DurableOffset);
        }
        Assert.Equal(before, files.OpenFiles);
    }

    [Fact]
    public async Task WhateverKeepsARunFromBeingWrittenIsSaidAndTriedAgain()
    {
        var files = new FaultyFiles { CreateFailure = new InvalidOperationException("No memory") };
        using var journal = JournalLog.Open(files, Quick with { SegmentBytes = 1 << 20 });
        using var index = ReadingIndex.Open(files, 0, RunReadings, TimeSpan.FromMilliseconds(1));
        while (_all.Count < RunReadings) await JournalAsync(journal);
        files.FailingCreates = int.MaxValue;
        index.Add(_all.Select(entry => entry.Reading).ToArray(), journal.DurableOffset);
        await Patience.UntilAsync(() => index.Fault?.Contains("No memory", StringComparison.Ordinal) == true, "the fault is said");
        files.FailingCreates = 0;
        await Patience.UntilAsync(() => index.Fault is null && files.List(".run").Count == 1, "the run is written");
        AssertFinds(index, journal.DurableOffset);
    }

    [Fact]
    public async Task CountsNoReadingsOfOtherPoints()
    {
        var files = new FaultyFiles();
        using var journal = JournalLog.Open(files, Quick with { SegmentBytes = 1 << 20 });
        using var index = ReadingIndex.Open(files, 0, RunReadings);
        for (var i = 0; i < 10; i++)
        {
            await JournalAsync(journal);
            index.Add(_newest, journal.DurableOffset);
            for (var point = 0; point < 9; point++)
            {
                var all = _all.Count(entry => entry.Reading.Point == point);
                Assert.InRange(index.CountAtMost(point, 20, 40), _all.Count(entry => entry.Reading.Point == point && entry.Reading.TimeUs is >= 20 and < 40), all);
            }
        }
    }

    [Fact]
    public async Task AnOpeningThatCannotMakeRunsSaysSoInsteadOfFillingTheMemory()
    {
        var files = await WrittenAsync();
        foreach (var name in files.List(".run")) files.Delete(name);
        files.FailingCreates = int.MaxValue;
        var refusal = Assert.Throws<IOException>(() => ReadingIndex.Open(files, _all[^1].Offset, RunReadings, TimeSpan.FromMilliseconds(1)));
        Assert.Contains("cannot be written", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATruncatedRunIsMadeAgain()
    {
        var files = await WrittenAsync();
        var name = files.List(".run")[1];
        var whole = files.Content(name);
        for (var length = 0; length < whole.Length; length += _random.Next(1, 40))
        {
            files.Put(name, whole[..length]);
            using (var index = ReadingIndex.Open(files, _all[^1].Offset, RunReadings)) AssertFinds(index, _all[^1].Offset);
        }
    }

    [Fact]
    public async Task ARunWithAnyDamagedByteFindsTheSame()
    {
        var files = await WrittenAsync();
        var name = files.List(".run")[1];
        var whole = files.Content(name);
        for (var at = 0; at < whole.Length; at += at < 100 ? 1 : _random.Next(1, 9))
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= (byte)(1 << _random.Next(8));
            files.Put(name, damaged);
            using var index = ReadingIndex.Open(files, _all[^1].Offset, RunReadings);
            AssertFinds(index, _all[^1].Offset);
        }
    }

    [Fact]
    public async Task AStopWhileRunsAreWrittenCostsNothing()
    {
        for (var operation = 1; operation < 40; operation++)
        {
            _all.Clear();
            var files = new FaultyFiles(operation);
            using (var journal = JournalLog.Open(files, Quick))
            {
                for (var i = 0; i < 20; i++) await JournalAsync(journal);
            }
            files.DiesAtOperation = files.Operations + operation;
            using (var index = Open(files)) Assert.NotNull(index);
            var after = operation % 2 == 0 ? files.Kill() : files.LosePower();
            using var again = ReadingIndex.Open(after, _all[^1].Offset, RunReadings);
            AssertFinds(again, _all[^1].Offset);
        }

        ReadingIndex? Open(FaultyFiles files)
        {
            try
            {
                return ReadingIndex.Open(files, _all[^1].Offset, RunReadings, TimeSpan.FromMilliseconds(1));
            }
            catch (IOException) when (files.IsDead)
            {
                return ReadingIndex.Open(new FaultyFiles(), 0, RunReadings);
            }
        }
    }

    [Fact]
    public async Task ADiskThatRefusesRunsCostsNothing()
    {
        var files = new FaultyFiles();
        using var journal = JournalLog.Open(files, Quick with { SegmentBytes = 1 << 20 });
        using (var index = ReadingIndex.Open(files, 0, RunReadings, TimeSpan.FromMilliseconds(1)))
        {
            for (var i = 0; i < 20; i++)
            {
                files.FailingCreates = i < 10 ? 1 : 0;
                await JournalAsync(journal);
                index.Add(_newest, journal.DurableOffset);
            }
            AssertFinds(index, journal.DurableOffset);
        }
        using var again = ReadingIndex.Open(files, journal.DurableOffset, RunReadings);
        AssertFinds(again, journal.DurableOffset);
    }

    private async Task<FaultyFiles> WrittenAsync()
    {
        var files = new FaultyFiles();
        using var journal = JournalLog.Open(files, Quick);
        using (var index = ReadingIndex.Open(files, 0, RunReadings))
        {
            for (var i = 0; i < 40; i++)
            {
                await JournalAsync(journal);
                index.Add(_newest, journal.DurableOffset);
            }
        }
        Assert.True(files.List(".run").Count > 5);
        return files;
    }

    /// <summary>A block of readings: few points and times, so that copies arise.</summary>
    private async Task JournalAsync(JournalLog journal, int frames = 1)
    {
        var readings = new Reading[_random.Next(0, 25)];
        for (var i = 0; i < readings.Length; i++) readings[i] = new(_random.Next(100), _random.Next(50), _random.Next(8), (ushort)_random.Next(2), Quality.Good, ReadingFlags.None);
        byte[] block = [.. readings.Chunk(Math.Max(1, (readings.Length + frames - 1) / frames)).DefaultIfEmpty([]).SelectMany(FrameOf)];
        Assert.True(journal.TryAppend(block, urgent: true, out var ticket));
        await journal.WaitDurableAsync(ticket, CancellationToken.None).AsTask().WaitAsync(Patience.Long);
        _newest = readings;
        _all.AddRange(readings.Select(reading => (reading, journal.DurableOffset)));
    }

    private static byte[] FrameOf(Reading[] readings)
    {
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size];
        ReadingsFrame.WriteBodyHeader(body, 1, readings.Length, 0, 0);
        MemoryMarshal.AsBytes(readings.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        return Frame.Make(FrameKind.Readings, body);
    }

    private void AssertFinds(ReadingIndex index, long applied)
    {
        for (var i = 0; i < 12; i++)
        {
            var (point, from) = (_random.Next(9), _random.NextInt64(-5, 100));
            var to = from + _random.Next(60);
            var found = new List<Reading>();
            Assert.True(index.TryRead(point, from, to, found));
            var expected = _all.Where(entry => entry.Offset <= applied && entry.Reading.Point == point && entry.Reading.TimeUs >= from && entry.Reading.TimeUs < to).Select(entry => entry.Reading);
            var inOrder = Comparer<Reading>.Create(static (a, b) => ReadingOrder.Compare(a, b));
            Assert.Equal(expected.Order(inOrder), found.Order(inOrder));
        }
    }
}
