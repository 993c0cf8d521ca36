using MekongTwin.History.Journal;

namespace MekongTwin.History.Tests.Journal;

/// <summary>Openings of what is damaged: a torn tail is cut, anything else is refused and left alone.</summary>
public sealed class Recovery
{
    private const int HeaderSize = 32;

    private static readonly JournalOptions Quick = new() { Linger = TimeSpan.FromMilliseconds(1), RetryDelay = TimeSpan.FromMilliseconds(1) };

    [Fact]
    public async Task ATailTornAtAnyByteIsCut()
    {
        var (whole, ends) = await WrittenAsync(3, padding: 20);
        for (var length = 0; length <= whole.Length; length++)
        {
            var files = new FaultyFiles();
            files.Put(Name(0), whole[..length]);
            var intact = ends.Count(end => HeaderSize + end <= length);
            var check = JournalRecovery.Check(files);
            if (length >= HeaderSize)
            {
                Assert.Equal((1, intact, length - HeaderSize - (intact == 0 ? 0 : ends[intact - 1])), (check.Segments, check.Blocks, check.TornBytes));
                Assert.Empty(check.Damage);
            }
            using var journal = JournalLog.Open(files, Quick);
            Assert.Equal(Enumerable.Range(0, intact).Select(i => (long)i), Frames.Read(files, journal.DurableOffset));
            await journal.AppendAsync(99);
            Assert.Equal(99, Frames.Read(files, journal.DurableOffset)[^1]);
        }
    }

    [Fact]
    public async Task AnyFlippedByteBeforeTheLastBlockIsRefusedWithItsPlaceAndNothingIsChanged()
    {
        var (whole, ends) = await WrittenAsync(3, padding: 20);
        for (var at = HeaderSize; at < HeaderSize + ends[1]; at++)
        {
            var files = new FaultyFiles();
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 0x40;
            files.Put(Name(0), damaged);
            // Padding inside a header is nobody's: nothing is lost by its damage.
            if (IsHeaderPadding(at, ends)) continue;
            var refusal = Assert.Throws<JournalException>(() => JournalLog.Open(files, Quick));
            var block = ends.FindIndex(end => at < HeaderSize + end);
            Assert.Contains(Name(0), refusal.Message, StringComparison.Ordinal);
            Assert.Contains($"offset {(block == 0 ? 0 : ends[block - 1])},", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(damaged, files.Content(Name(0)));
            Assert.NotEmpty(JournalRecovery.Check(files).Damage);
        }
    }

    [Fact]
    public async Task DamageInAnOlderSegmentIsFoundByTheCheckAndByReaders()
    {
        var files = new FaultyFiles();
        using (var journal = JournalLog.Open(files, Quick with { SegmentBytes = 100 }))
        {
            for (var i = 0; i < 10; i++) await journal.AppendAsync(i, 50);
        }
        var names = files.List(".journal");
        var damaged = files.Content(names[1]);
        damaged[^3] ^= 1;
        files.Put(names[1], damaged);
        var check = JournalRecovery.Check(files);
        Assert.Contains(names[1], Assert.Single(check.Damage), StringComparison.Ordinal);
        using var opened = JournalLog.Open(files, Quick);
        var refusal = Assert.Throws<JournalException>(() => Frames.Read(files, opened.DurableOffset));
        Assert.Contains(names[1], refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMissingSegmentIsFoundByTheCheckAndByReaders()
    {
        var files = new FaultyFiles();
        using (var journal = JournalLog.Open(files, Quick with { SegmentBytes = 100 }))
        {
            for (var i = 0; i < 10; i++) await journal.AppendAsync(i, 50);
        }
        files.Delete(files.List(".journal")[2]);
        Assert.Single(JournalRecovery.Check(files).Damage);
        using var opened = JournalLog.Open(files, Quick);
        Assert.Throws<JournalException>(() => Frames.Read(files, opened.DurableOffset));
    }

    [Fact]
    public async Task AnotherFormatVersionIsRefused()
    {
        var (whole, _) = await WrittenAsync(2, padding: 0);
        whole[4] = 1;
        var files = new FaultyFiles();
        files.Put(Name(0), whole);
        Assert.Contains("format 1", Assert.Throws<JournalException>(() => JournalLog.Open(files, Quick)).Message, StringComparison.Ordinal);
        Assert.Equal(whole, files.Content(Name(0)));
    }

    [Theory]
    [InlineData("notes.journal")]
    [InlineData("-000000000000000001.journal")]
    public void AStrangersFileIsRefusedByName(string name)
    {
        var files = new FaultyFiles();
        files.Put(name, [1, 2, 3]);
        Assert.Contains(name, Assert.Throws<JournalException>(() => JournalLog.Open(files, Quick)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABrokenFirstHeaderIsRefused()
    {
        var (whole, _) = await WrittenAsync(3, padding: 20);
        whole[0] ^= 1;
        var files = new FaultyFiles();
        files.Put(Name(0), whole);
        Assert.Contains(Name(0), Assert.Throws<JournalException>(() => JournalLog.Open(files, Quick)).Message, StringComparison.Ordinal);
        Assert.Equal(whole, files.Content(Name(0)));
    }

    [Fact]
    public async Task TheCheckCountsSegmentsBlocksAndBytes()
    {
        var files = new FaultyFiles();
        using var journal = JournalLog.Open(files, Quick with { SegmentBytes = 200 });
        for (var i = 0; i < 20; i++) await journal.AppendAsync(i, i);
        var check = JournalRecovery.Check(files);
        Assert.Equal((files.List(".journal").Count, journal.Status.Commits, journal.DurableOffset, 0), (check.Segments, check.Blocks, check.Bytes, check.TornBytes));
        Assert.Empty(check.Damage);
    }

    [Fact]
    public async Task AJournalThatEndsBeforeWhatIsKnownIsRefusedAndLeftAlone()
    {
        var (whole, ends) = await WrittenAsync(3, padding: 20);
        var files = new FaultyFiles();
        files.Put(Name(0), whole);
        using (JournalLog.Open(files, Quick, new(0, ends[2])))
        {
        }
        // The last block's damage alone looks like a torn write: only what was folded already knows better.
        whole[^1] ^= 1;
        files.Put(Name(0), whole);
        var refusal = Assert.Throws<JournalException>(() => JournalLog.Open(files, Quick, new(0, ends[2])));
        Assert.Contains($"{Name(0)}: damaged or cut short at journal offset {ends[1]}, although it was durable up to {ends[2]}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(whole, files.Content(Name(0)));
        Assert.Single(JournalRecovery.Check(files, new(0, ends[2])).Damage);
        Assert.Empty(JournalRecovery.Check(files).Damage);
        using var accepted = JournalLog.Open(files, Quick);
        Assert.Equal(ends[1], accepted.DurableOffset);
    }

    [Fact]
    public async Task AnotherJournalIsRefusedHoweverLongItIs()
    {
        var files = new FaultyFiles();
        JournalMark known;
        using (var journal = JournalLog.Open(files, Quick))
        {
            await journal.AppendAsync(1);
            known = new(journal.Identity, journal.DurableOffset);
        }
        using (var again = JournalLog.Open(files, Quick, known)) Assert.Equal(known.Journal, again.Identity);
        Assert.Equal(known, JournalRecovery.Check(files, known).Mark);
        var (foreign, _) = await WrittenAsync(9, padding: 20);
        files.Put(Name(0), foreign);
        Assert.Contains($"{Name(0)}: belongs to another journal", Assert.Throws<JournalException>(() => JournalLog.Open(files, Quick, known)).Message, StringComparison.Ordinal);
        Assert.Contains("another journal", Assert.Single(JournalRecovery.Check(files, known).Damage), StringComparison.Ordinal);
        Assert.Equal(foreign, files.Content(Name(0)));
    }

    [Fact]
    public async Task ASegmentOfAnotherJournalAmongTheOwnIsFound()
    {
        var files = new FaultyFiles();
        var others = new FaultyFiles();
        foreach (var each in (FaultyFiles[])[files, others])
        {
            using var journal = JournalLog.Open(each, Quick with { SegmentBytes = 100 });
            for (var i = 0; i < 6; i++) await journal.AppendAsync(i, 50);
        }
        var name = files.List(".journal")[1];
        files.Put(name, others.Content(name));
        Assert.Contains($"{name}: belongs to another journal", Assert.Single(JournalRecovery.Check(files).Damage), StringComparison.Ordinal);
    }

    /// <summary>A header whose identity is not the one that was written is no header.</summary>
    [Fact]
    public async Task AFlippedByteOfTheHeaderIsRefused()
    {
        var (whole, _) = await WrittenAsync(3, padding: 20);
        for (var at = 0; at < HeaderSize - 4; at++)
        {
            var files = new FaultyFiles();
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 1;
            files.Put(Name(0), damaged);
            Assert.Contains(Name(0), Assert.Throws<JournalException>(() => JournalLog.Open(files, Quick)).Message, StringComparison.Ordinal);
        }
    }

    private static bool IsHeaderPadding(int at, List<long> ends)
    {
        var block = ends.FindIndex(end => at < HeaderSize + end);
        var inBlock = at - HeaderSize - (block == 0 ? 0 : ends[block - 1]);
        return inBlock is >= 20 and < 24;
    }

    /// <summary>A segment of so many blocks, and where each ends.</summary>
    private static async Task<(byte[] Bytes, List<long> Ends)> WrittenAsync(int blocks, int padding)
    {
        var files = new FaultyFiles();
        var ends = new List<long>();
        using var journal = JournalLog.Open(files, Quick);
        for (var i = 0; i < blocks; i++)
        {
            await journal.AppendAsync(i, padding);
            ends.Add(journal.DurableOffset);
        }
        return ((byte[])files.Content(Name(0)).Clone(), ends);
    }

    private static string Name(long offset) => $"{offset:D19}.journal";
}
