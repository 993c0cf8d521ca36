using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using MekongTwin.Domain.Readings;

namespace MekongTwin.History.Journal;

/// <summary>
/// Readings of one point in the order of time, packed without loss. Times are steps of steps (as in Gorilla, Pelkonen et al., VLDB
/// 2015), values are steps; both are divided by the largest number that divides them all, and written as Rice codes (Rice
/// and Plaunt, 1971) whose parameter is chosen for each block of readings. Revision, quality and flags are runs.
/// <code>timeUnit firstTime firstStep valueUnit firstValue (varints; signed ones zigzag), runs of (count revision quality flags),
/// then bits, the highest first: for each block kTime:6 kValue:6, for each reading its two codes</code>
/// A value u with parameter k is u >> k ones, a zero, and the k low bits; from <see cref="OnesMax"/> ones on, 64 bits as they are.
/// </summary>
public static class PackedReadings
{
    /// <summary>Readings that share their parameters.</summary>
    private const int BlockReadings = 128;

    private const int OnesMax = 24;
    private const int ParameterBits = 6;
    private const int ParameterMax = 56;

    public static void Write(ReadOnlySpan<Reading> readings, ArrayBufferWriter<byte> into)
    {
        if (readings.IsEmpty) return;
        var (timeUnit, valueUnit) = (TimeUnit(readings), ValueUnit(readings));
        var time = readings[0].TimeUs;
        var value = readings[0].Value / valueUnit;
        var step = readings.Length > 1 ? unchecked(readings[1].TimeUs - time) / timeUnit : 0;
        Varint.Put(into, (ulong)timeUnit);
        Varint.Put(into, Zigzag(time));
        Varint.Put(into, Zigzag(step));
        Varint.Put(into, (ulong)valueUnit);
        Varint.Put(into, Zigzag(value));
        PutRuns(readings, into);
        var bits = new BitWriter(into);
        Span<ulong> times = stackalloc ulong[BlockReadings];
        Span<ulong> values = stackalloc ulong[BlockReadings];
        for (var from = 1; from < readings.Length; from += BlockReadings)
        {
            var block = readings[from..Math.Min(readings.Length, from + BlockReadings)];
            for (var i = 0; i < block.Length; i++)
            {
                var nextStep = unchecked(block[i].TimeUs - time) / timeUnit;
                var nextValue = block[i].Value / valueUnit;
                times[i] = Zigzag(unchecked(nextStep - step));
                values[i] = Zigzag(unchecked(nextValue - value));
                (time, step, value) = (block[i].TimeUs, nextStep, nextValue);
            }
            var (kTime, kValue) = (BestParameter(times[..block.Length]), BestParameter(values[..block.Length]));
            bits.Put((ulong)kTime, ParameterBits);
            bits.Put((ulong)kValue, ParameterBits);
            for (var i = 0; i < block.Length; i++)
            {
                PutRice(ref bits, times[i], kTime);
                PutRice(ref bits, values[i], kValue);
            }
        }
        bits.Flush();
    }

    /// <summary>Fills in as many readings as were written. Throws <see cref="InvalidDataException"/> where the bytes are not such.</summary>
    public static void Read(ReadOnlySpan<byte> packed, int point, Span<Reading> into)
    {
        if (into.IsEmpty) return;
        var timeUnit = (long)Varint.Take(ref packed);
        var time = Unzigzag(Varint.Take(ref packed));
        var step = Unzigzag(Varint.Take(ref packed));
        var valueUnit = (long)Varint.Take(ref packed);
        var value = Unzigzag(Varint.Take(ref packed));
        TakeRuns(ref packed, point, into);
        into[0] = into[0] with { TimeUs = time, Value = unchecked(value * valueUnit) };
        var bits = new BitReader(packed);
        for (var from = 1; from < into.Length; from += BlockReadings)
        {
            var block = into[from..Math.Min(into.Length, from + BlockReadings)];
            var (kTime, kValue) = ((int)bits.Take(ParameterBits), (int)bits.Take(ParameterBits));
            if (kTime > ParameterMax || kValue > ParameterMax) throw Damaged();
            foreach (ref var reading in block)
            {
                step = unchecked(step + Unzigzag(TakeRice(ref bits, kTime)));
                time = unchecked(time + step * timeUnit);
                value = unchecked(value + Unzigzag(TakeRice(ref bits, kValue)));
                reading = reading with { TimeUs = time, Value = unchecked(value * valueUnit) };
            }
        }
    }

    /// <summary>The largest number that divides every step of time; 1 when steps do not fit.</summary>
    private static long TimeUnit(ReadOnlySpan<Reading> readings)
    {
        var unit = 0ul;
        for (var i = 1; i < readings.Length && unit != 1; i++)
        {
            // Sorted: the step is not negative, but it may not fit.
            if (readings[i].TimeUs < 0 != readings[i - 1].TimeUs < 0) return 1;
            unit = Gcd(unit, (ulong)(readings[i].TimeUs - readings[i - 1].TimeUs));
        }
        return unit is 0 or > long.MaxValue ? 1 : (long)unit;
    }

    private static long ValueUnit(ReadOnlySpan<Reading> readings)
    {
        var unit = 0ul;
        for (var i = 0; i < readings.Length && unit != 1; i++) unit = Gcd(unit, readings[i].Value < 0 ? unchecked((ulong)-readings[i].Value) : (ulong)readings[i].Value);
        return unit is 0 or > long.MaxValue ? 1 : (long)unit;
    }

    /// <summary>Stein's algorithm: no division.</summary>
    private static ulong Gcd(ulong a, ulong b)
    {
        if (a == 0 || b == 0) return a | b;
        var shift = BitOperations.TrailingZeroCount(a | b);
        a >>= BitOperations.TrailingZeroCount(a);
        while (b != 0)
        {
            b >>= BitOperations.TrailingZeroCount(b);
            if (a > b) (a, b) = (b, a);
            b -= a;
        }
        return a << shift;
    }

    private static void PutRuns(ReadOnlySpan<Reading> readings, ArrayBufferWriter<byte> into)
    {
        for (int from = 0, i = 1; i <= readings.Length; i++)
        {
            if (i < readings.Length && IsLike(readings[i], readings[from])) continue;
            Varint.Put(into, (ulong)(i - from));
            Varint.Put(into, readings[from].Revision);
            Varint.Put(into, (ulong)readings[from].Quality << 4 | (ulong)readings[from].Flags);
            from = i;
        }
    }

    private static void TakeRuns(ref ReadOnlySpan<byte> packed, int point, Span<Reading> into)
    {
        while (!into.IsEmpty)
        {
            var (count, revision, rest) = (Varint.Take(ref packed), Varint.Take(ref packed), Varint.Take(ref packed));
            if (count == 0 || count > (ulong)into.Length || revision > ushort.MaxValue || rest >> 8 != 0) throw Damaged();
            into[..(int)count].Fill(new(0, 0, point, (ushort)revision, (Quality)(rest >> 4), (ReadingFlags)(rest & 15)));
            into = into[(int)count..];
        }
    }

    private static bool IsLike(in Reading a, in Reading b) => a.Revision == b.Revision && a.Quality == b.Quality && a.Flags == b.Flags;

    /// <summary>The parameter that needs the fewest bits, of those near the mean's.</summary>
    private static int BestParameter(ReadOnlySpan<ulong> codes)
    {
        var sum = 0.0;
        foreach (var code in codes) sum += code;
        var near = (int)Math.Log2(sum / codes.Length + 1);
        var (best, fewest) = (0, long.MaxValue);
        // A few outliers pull the mean up.
        for (var k = Math.Max(0, near - 3); k <= Math.Min(ParameterMax, near + 1); k++)
        {
            var bits = 0L;
            foreach (var code in codes) bits += code >> k < OnesMax ? (long)(code >> k) + 1 + k : OnesMax + 64;
            if (bits < fewest) (best, fewest) = (k, bits);
        }
        return best;
    }

    private static void PutRice(ref BitWriter bits, ulong code, int k)
    {
        var ones = code >> k;
        if (ones >= OnesMax)
        {
            bits.Put((1ul << OnesMax) - 1, OnesMax);
            bits.Put(code >> 32, 32);
            bits.Put(code & uint.MaxValue, 32);
            return;
        }
        bits.Put((1ul << (int)ones + 1) - 2, (int)ones + 1);
        bits.Put(code & (1ul << k) - 1, k);
    }

    private static ulong TakeRice(ref BitReader bits, int k)
    {
        var ones = bits.TakeOnes(OnesMax);
        if (ones < OnesMax) return (ulong)ones << k | bits.Take(k);
        return bits.Take(32) << 32 | bits.Take(32);
    }

    private static ulong Zigzag(long value) => (ulong)(value << 1 ^ value >> 63);

    private static long Unzigzag(ulong code) => (long)(code >> 1) ^ -(long)(code & 1);

    private static InvalidDataException Damaged() => new("These are no packed readings.");

    private ref struct BitWriter(ArrayBufferWriter<byte> into)
    {
        private ulong _bits;
        private int _count;

        /// <summary>At most 56 bits.</summary>
        public void Put(ulong bits, int count)
        {
            if (_count + count > 64) Spill();
            _bits = count == 0 ? _bits : _bits << count | bits;
            _count += count;
        }

        public void Flush()
        {
            Spill();
            if (_count == 0) return;
            into.GetSpan(1)[0] = (byte)(_bits << 8 - _count);
            into.Advance(1);
        }

        /// <summary>Writes whole bytes; fewer than eight bits stay.</summary>
        private void Spill()
        {
            var span = into.GetSpan(8);
            var length = 0;
            for (; _count >= 8; _count -= 8) span[length++] = (byte)(_bits >> _count - 8);
            into.Advance(length);
        }
    }

    private ref struct BitReader(ReadOnlySpan<byte> from)
    {
        private ReadOnlySpan<byte> _from = from;
        private ulong _bits;
        private int _count;

        /// <summary>At most 56 bits.</summary>
        public ulong Take(int count)
        {
            if (count > _count) Fill(count);
            _count -= count;
            return count == 0 ? 0 : _bits >> _count & ulong.MaxValue >> 64 - count;
        }

        /// <summary>Ones before the next zero, which is taken too unless there are as many as the bound.</summary>
        public int TakeOnes(int max)
        {
            // Behind the end there are zeros, which are noticed when one is taken.
            if (_count <= max) FillAtMost();
            var ones = Math.Min(max, BitOperations.LeadingZeroCount(~(_count == 0 ? 0 : _bits << 64 - _count)));
            Take(ones < max ? ones + 1 : ones);
            return ones;
        }

        private void Fill(int count)
        {
            FillAtMost();
            if (_count < count) throw Damaged();
        }

        private void FillAtMost()
        {
            if (_count == 0 && _from.Length >= 8)
            {
                _bits = BinaryPrimitives.ReadUInt64BigEndian(_from);
                _from = _from[8..];
                _count = 64;
                return;
            }
            for (; _count <= 56 && !_from.IsEmpty; _count += 8)
            {
                _bits = _bits << 8 | _from[0];
                _from = _from[1..];
            }
        }
    }
}
