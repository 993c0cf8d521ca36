using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Tests.Readings;

public sealed class ReadingOrderLaws
{
    private static readonly Gen<Reading> Copies =
        from value in Gen.Choose(-2, 2)
        from revision in Gen.Choose(0, 2)
        from quality in Gen.Elements(Enum.GetValues<Quality>())
        from flags in Gen.Choose(0, 3)
        select new Reading(1000, value, 7, (ushort)revision, quality, (ReadingFlags)flags);

    [Fact]
    public void MergeIsCommutative() =>
        Law.Holds(Copies.Two(), pair => Assert.Equal(ReadingOrder.Merge(pair.Item1, pair.Item2), ReadingOrder.Merge(pair.Item2, pair.Item1)), 2000);

    [Fact]
    public void MergeIsAssociative() => Law.Holds(Copies.Three(), c => Assert.Equal(
        ReadingOrder.Merge(ReadingOrder.Merge(c.Item1, c.Item2), c.Item3),
        ReadingOrder.Merge(c.Item1, ReadingOrder.Merge(c.Item2, c.Item3))), 2000);

    [Fact]
    public void MergeIsIdempotent() => Law.Holds(Copies, copy => Assert.Equal(copy, ReadingOrder.Merge(copy, copy)));

    [Fact]
    public void MergeIsHistoryOnlyIfEveryCopyIs() =>
        Law.Holds(Copies.Two(), pair => Assert.Equal(pair.Item1.Historical && pair.Item2.Historical, ReadingOrder.Merge(pair.Item1, pair.Item2).Historical));

    [Fact]
    public void RevisionWinsOverQualityAndQualityOverValue()
    {
        var first = new Reading(0, 9, 1, 0, Quality.Good, ReadingFlags.None);
        Assert.Equal(1, ReadingOrder.Merge(first, first with { Revision = 1, Quality = Quality.Bad, Value = 1 }).Value);
        Assert.Equal(9, ReadingOrder.Merge(first, first with { Quality = Quality.Estimated, Value = 100 }).Value);
        Assert.Equal(10, ReadingOrder.Merge(first, first with { Value = 10 }).Value);
    }

    [Fact]
    public void TheOrderIsTotal() => Law.Holds(Copies.Three(), c =>
    {
        Assert.Equal(Math.Sign(ReadingOrder.Compare(c.Item1, c.Item2)), -Math.Sign(ReadingOrder.Compare(c.Item2, c.Item1)));
        if (ReadingOrder.Compare(c.Item1, c.Item2) <= 0 && ReadingOrder.Compare(c.Item2, c.Item3) <= 0) Assert.True(ReadingOrder.Compare(c.Item1, c.Item3) <= 0);
    }, 2000);

    [Fact]
    public void AReadingIsTwentyFourBytesInMemoryAsInTheJournal()
    {
        Assert.Equal(Reading.Size, Unsafe.SizeOf<Reading>());
        var reading = new Reading(0x0102030405060708, -2, 3, 4, Quality.Good, ReadingFlags.Historical);
        Assert.Equal(
            "0807060504030201FEFFFFFFFFFFFFFF0300000004000501",
            Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<Reading>(in reading))));
    }
}
