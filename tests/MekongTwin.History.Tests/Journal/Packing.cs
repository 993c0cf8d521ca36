using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Domain.Readings;
using MekongTwin.History.Journal;

namespace MekongTwin.History.Tests.Journal;

/// <summary>Packed readings are the readings, to the bit; and small where devices are as they are.</summary>
public sealed class Packing
{
    private const int Point = 77;

    private static readonly Gen<long> Any = Gen.OneOf(
        Gen.Choose(-1000, 1000).Select(i => (long)i),
        Gen.Choose(int.MinValue, int.MaxValue).Select(i => i * 1_000_000L),
        Gen.Choose(int.MinValue, int.MaxValue).SelectMany(high => Gen.Choose(int.MinValue, int.MaxValue).Select(low => (long)high << 32 | (uint)low)),
        Gen.Elements(long.MinValue, long.MaxValue, 0L, -1L));

    private static readonly Gen<Reading[]> Readings =
        from unit in Gen.Elements(1L, 1000L, 1_000_000L, 60_000_000L)
        from count in Gen.Choose(1, 700)
        from times in Gen.OneOf(Gen.Choose(0, 5).Select(i => (long)i), Gen.Choose(0, 100_000).Select(i => (long)i), Any.Select(i => i / 2)).ArrayOf(count)
        from values in Any.ArrayOf(count)
        from steady in Gen.Elements(true, false)
        from rest in Gen.Choose(0, 40).ArrayOf(count)
        let start = 1_790_000_000_000_000L
        select times.Select((time, i) => new Reading(unchecked(start + time * unit), steady ? values[i / 50] / 1000 * 1000 : values[i], Point, (ushort)(rest[i] == 0 ? 65_535 : 0), (Quality)(rest[i] < 6 ? rest[i] : 5), (ReadingFlags)(rest[i] % 20 == 0 ? 3 : 0)))
            .OrderBy(reading => reading.TimeUs).ToArray();

    [Fact]
    public void WhatIsPackedComesBackAsItWas() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(Arb.From(Readings), readings =>
    {
        var packed = Pack(readings);
        var back = new Reading[readings.Length];
        PackedReadings.Read(packed, Point, back);
        Assert.Equal(readings, back);
    }));

    [Fact]
    public void BytesThatAreNoneAreRefusedOrGiveSomething()
    {
        var random = new Random(3);
        var packed = Pack(Meter(random, 400, Instant.Minute, 0.1));
        for (var i = 0; i < 20_000; i++)
        {
            var broken = packed[..random.Next(packed.Length + 1)];
            for (var flips = random.Next(4); flips > 0 && broken.Length > 0; flips--) broken[random.Next(broken.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                PackedReadings.Read(broken, Point, new Reading[400]);
            }
            catch (InvalidDataException)
            {
                // As it should be where it can be seen; what cannot, the checksum tells.
            }
        }
    }

    [Theory]
    [InlineData(60, 0.1, 2.0)]
    [InlineData(900, 0.1, 2.0)]
    [InlineData(5, 1, 1.5)]
    public void AMeterTakesAFewBytesAReading(int everySeconds, double resolution, double bytesMax)
    {
        var readings = Meter(new Random(5), 2000, everySeconds * Instant.Second, resolution);
        Assert.InRange(Pack(readings).Length / (double)readings.Length, 0, bytesMax);
    }

    /// <summary>A load that wanders by a few per cent, sent on the second with a few milliseconds of jitter.</summary>
    private static Reading[] Meter(Random random, int count, long everyUs, double resolution)
    {
        var value = 200.0;
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            value += (random.NextDouble() - 0.5) * 10;
            return new Reading(1_790_000_000_000_000L + i * everyUs, (long)Math.Round(value / resolution) * (long)(resolution * 1_000_000), Point, 0, Quality.Good, ReadingFlags.None);
        })];
    }

    private static byte[] Pack(Reading[] readings)
    {
        var into = new ArrayBufferWriter<byte>();
        PackedReadings.Write(readings, into);
        return into.WrittenSpan.ToArray();
    }
}
