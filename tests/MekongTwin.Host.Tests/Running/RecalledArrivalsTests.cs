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
            var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size];
            ReadingsFrame.WriteBodyHeader(body, 1, readings.Length, receivedUs, 0);
            MemoryMarshal.AsBytes(readings.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
            Assert.True(journal.TryAppend(Frame.Make(FrameKind.Readings, body), urgent: true, out var ticket));
            await journal.WaitDurableAsync(ticket, TestContext.Current.CancellationToken);
        }
        RecalledArrivals.Book(recalled, journal, journal.DurableOffset, model.Points.Length);
        var found = model.Points.SelectMany(point => live.Of(point.Number, SmallCity.StartUs)).ToList();
        Assert.Equal(found, model.Points.SelectMany(point => recalled.Of(point.Number, SmallCity.StartUs)));
        Assert.Equal(Arrivals.Kinds.Order(), found.Select(finding => finding.Kind).Distinct().Order());
        Assert.Equal(live.SinceUs, recalled.SinceUs);
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
