using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Tests.Twins;

public sealed class ReadingBufferLaws
{
    private static readonly Gen<long> Values = Gen.OneOf(
        Gen.Choose(-3, 3).Select(value => (long)value),
        Gen.Choose(int.MinValue, int.MaxValue).Select(value => value * 1000L),
        Gen.Elements(long.MinValue, long.MaxValue, 0));

    private static readonly Gen<Reading[]> InOrder =
        (from step in Gen.OneOf(Gen.Constant(Instant.Minute), Gen.Choose(1, 1000).Select(us => (long)us), Gen.Choose(1, 40).Select(days => days * Instant.Day))
         from value in Values
         from revision in Gen.Choose(0, ushort.MaxValue)
         from quality in Gen.Elements(Enum.GetValues<Quality>())
         from flags in Gen.Choose(0, 3)
         from isPlain in Gen.Elements(true, true, true, false)
         select new Reading(step, value, 7, isPlain ? (ushort)0 : (ushort)revision, isPlain ? Quality.Good : quality, isPlain ? ReadingFlags.None : (ReadingFlags)flags))
        .ArrayOf(60).Select(steps =>
        {
            var time = 1_790_000_000 * Instant.Second;
            return steps.Select(step => step with { TimeUs = time += step.TimeUs }).ToArray();
        });

    [Fact]
    public void WhatWasAppendedComesBackInOrder() => Law.Holds(InOrder, readings => Assert.Equal(readings, Unpacked(Packed(readings))), shrink: Law.Shorter);

    [Fact]
    public void WhatIsFilledAnewGoesOnAsIfTheRestHadNeverBeenThere() => Law.Holds(InOrder, readings =>
    {
        var buffer = Packed(readings);
        var kept = readings.AsSpan(readings.Length / 2);
        buffer.Fill(kept);
        var next = readings[^1] with { TimeUs = readings[^1].TimeUs + Instant.Minute, Value = 5 };
        buffer.Append(next);
        Assert.Equal([.. kept, next], Unpacked(buffer));
        buffer.Fill([]);
        Assert.Empty(Unpacked(buffer));
        buffer.Append(next);
        Assert.Equal([next], Unpacked(buffer));
    });

    [Fact]
    public void AReadingFindsItsPlaceAndReplacesTheOneOfItsInstant() => Law.Holds(InOrder, readings =>
    {
        var several = new List<Reading>();
        foreach (var reading in readings.Reverse().Concat(readings.Where((_, i) => i % 3 == 0).Select(reading => reading with { Value = 1 }))) ReadingBuffer.Put(several, reading);
        Assert.Equal(readings.Select((reading, i) => i % 3 == 0 ? reading with { Value = 1 } : reading), several);
    });

    private static ReadingBuffer Packed(ReadOnlySpan<Reading> readings)
    {
        var buffer = new ReadingBuffer();
        foreach (ref readonly var reading in readings) buffer.Append(reading);
        Assert.Equal(readings.Length, buffer.Count);
        return buffer;
    }

    private static List<Reading> Unpacked(in ReadingBuffer buffer)
    {
        var readings = new List<Reading>();
        buffer.CopyTo(readings);
        return readings;
    }
}
