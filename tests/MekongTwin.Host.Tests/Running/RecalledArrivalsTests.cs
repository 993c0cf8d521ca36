using System.Runtime.InteropServices;
using MekongTwin.Contracts;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Host.Running;
using MekongTwin.History.Journal;

namespace MekongTwin.Host.Tests.Running;

/// <summary>After a start it is known how readings came in before it, as far as the raw journal goes.</summary>
public sealed class RecalledArrivalsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task WhatIsRecalledIsWhatWasFoundBefore(int seed)
    {
        var model = SmallCity.Make();
        var (random, stored) = (new Random(seed), new HashSet<(int, long)>());
        var (live, recalled) = (new Arrivals(() => model), new Arrivals(() => model));
        using var journal = JournalLog.Open(new DiskFiles(_directory.Path), new JournalOptions());
        for (var step = 0; step < 300; step++)
        {
            var receivedUs = SmallCity.StartUs + step * Instant.Minute;
            Reading[] readings = [.. Enumerable.Range(0, 20).Select(_ => new Reading(TimeOf(random, receivedUs), step, random.Next(model.Points.Length), 0, Quality.Good, ReadingFlags.None))];
            FoldOutcome[] outcomes = [.. readings.Select(reading => stored.Add((reading.Point, reading.TimeUs)) ? FoldOutcome.Stored : FoldOutcome.Duplicate)];
            live.Book(readings, [new(1, receivedUs, 0, readings.Length)], outcomes);
            await AppendAsync(journal, receivedUs, readings);
        }
        RecalledArrivals.Book(recalled, journal, journal.DurableOffset, model.Points.Length, TestContext.Current.CancellationToken);
        var found = model.Points.SelectMany(point => live.Of(point.Number, SmallCity.StartUs)).ToList();
        Assert.Equal(found, model.Points.SelectMany(point => recalled.Of(point.Number, SmallCity.StartUs)));
        Assert.Equal(Arrivals.Kinds.Order(), found.Select(finding => finding.Kind).Distinct().Order());
        Assert.Equal(live.SinceUs, recalled.SinceUs);
    }

    /// <summary>A block behind the fold that is damaged is the business of `verify`, and of whoever reads what is in it.</summary>
    [Fact]
    public async Task WhatCannotBeReadSaysNothing()
    {
        var model = SmallCity.Make();
        var recalled = new Arrivals(() => model);
        using var journal = JournalLog.Open(new DiskFiles(_directory.Path), new JournalOptions());
        for (var step = 0; step < 3; step++) await AppendAsync(journal, SmallCity.StartUs + step * Instant.Minute, [new(SmallCity.StartUs - Instant.Day + step, step, 1, 0, Quality.Good, ReadingFlags.None)]);
        using (var segment = new FileStream(Directory.GetFiles(_directory.Path, "*.journal").Single(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            segment.Position = segment.Length - 1;
            var last = segment.ReadByte();
            segment.Position--;
            segment.WriteByte((byte)~last);
        }
        RecalledArrivals.Book(recalled, journal, journal.DurableOffset, model.Points.Length, TestContext.Current.CancellationToken);
        Assert.Null(recalled.SinceUs);
    }

    private static async Task AppendAsync(JournalLog journal, long receivedUs, Reading[] readings)
    {
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size];
        ReadingsFrame.WriteBodyHeader(body, 1, readings.Length, receivedUs, 0);
        MemoryMarshal.AsBytes(readings.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        Assert.True(journal.TryAppend(Frame.Make(FrameKind.Readings, body), urgent: true, out var ticket));
        await journal.WaitDurableAsync(ticket, TestContext.Current.CancellationToken);
    }

    /// <summary>Mostly now; often again or a little behind, at times hours late or by a clock that is ahead.</summary>
    private static long TimeOf(Random random, long receivedUs) => random.Next(10) switch
    {
        0 => receivedUs - random.Next(300) * Instant.Minute,
        1 => receivedUs + Instant.Hour,
        2 => receivedUs - random.Next(3) * Instant.Minute,
        _ => receivedUs,
    };
}
