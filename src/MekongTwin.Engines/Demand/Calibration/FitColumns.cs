using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MekongTwin.Domain.Assets;

namespace MekongTwin.Engines.Demand.Calibration;

/// <summary>
/// What a load's readings are fitted with, at each step: each class with its cooling, the cooling by itself, rooftop PV, own shapes. The sums of their
/// products over the readings of a day are made once for each pattern of readings: most meters report alike.
/// </summary>
internal sealed class FitColumns
{
    public const int Classes = 6;
    public const int Cooling = Classes;
    public const int Pv = Cooling + Classes;
    public const int Own = Pv + 1;
    public const int Count = Own + Factor.OwnShapes;

    /// <summary>Columns of a row, filled up with zeros to whole vectors.</summary>
    private const int Width = 32;

    private const double HalfLifeDays = 10;

    private readonly double[] rows;
    private readonly double[] columns;
    private readonly Dictionary<(int Day, UInt128 Readings), double[]> products = [];

    public FitColumns(FactorSeries series, double[] coolingPerC)
    {
        Steps = series.Steps;
        FirstQuarter = Quarters.OfDay(series.FirstStep);
        (rows, columns) = (new double[Steps * Width], new double[Count * Steps]);
        for (var step = 0; step < Steps; step++)
        {
            var row = rows.AsSpan(step * Width, Width);
            for (var c = 0; c < Classes; c++)
            {
                row[Cooling + c] = coolingPerC[c] * series.Values[(Factor.Cooling((CustomerClass)c) * Steps) + step];
                row[c] = series.Values[(Factor.Base((CustomerClass)c) * Steps) + step] + row[Cooling + c];
            }
            row[Pv] = series.Values[(Factor.Pv * Steps) + step];
            for (var own = 0; own < Factor.OwnShapes; own++) row[Own + own] = series.Values[((Factor.Own + own) * Steps) + step];
            for (var k = 0; k < Count; k++) columns[(k * Steps) + step] = row[k];
        }
    }

    public int Steps { get; }

    /// <summary>Step of the day at which the series begins.</summary>
    public int FirstQuarter { get; }

    /// <summary>Days, the last of which may be a part.</summary>
    public int Days => (Steps + Quarters.ADay - 1) / Quarters.ADay;

    /// <summary>How much the readings of a step's day count: loads drift with the season, so half as much for every so many days of age.</summary>
    public double WeightOf(int step) => Math.Pow(0.5, ((Steps - 1) / Quarters.ADay - (step / Quarters.ADay)) / HalfLifeDays);

    public ReadOnlySpan<double> Row(int step) => rows.AsSpan(step * Width, Count);

    /// <summary>Adds the sums over the readings (not NaN) of steps below <paramref name="end"/>: products of columns (lower half), columns times readings, and their number and sum.</summary>
    public (int Count, double Sum) Add(ReadOnlySpan<double> kw, int end, double[] gram, double[] moment)
    {
        Span<double> padded = stackalloc double[Width];
        var (count, sum) = (0, 0.0);
        for (var from = 0; from < end; from += Quarters.ADay)
        {
            var readings = UInt128.Zero;
            var (a, b, c, d) = (Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero);
            var length = Math.Min(Quarters.ADay, end - from);
            ref var row = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(rows), from * Width);
            for (var i = 0; i < length; i++)
            {
                var value = kw[from + i];
                if (double.IsNaN(value)) continue;
                readings |= UInt128.One << i;
                count++;
                sum += value;
                var every = Vector512.Create(value);
                var at = (nuint)(i * Width);
                a = Vector512.FusedMultiplyAdd(every, Vector512.LoadUnsafe(ref row, at), a);
                b = Vector512.FusedMultiplyAdd(every, Vector512.LoadUnsafe(ref row, at + 8), b);
                c = Vector512.FusedMultiplyAdd(every, Vector512.LoadUnsafe(ref row, at + 16), c);
                d = Vector512.FusedMultiplyAdd(every, Vector512.LoadUnsafe(ref row, at + 24), d);
            }
            a.CopyTo(padded);
            b.CopyTo(padded[8..]);
            c.CopyTo(padded[16..]);
            d.CopyTo(padded[24..]);
            if (readings == UInt128.Zero) continue;
            var (day, weight) = (Products(from, readings), WeightOf(from));
            for (var i = 0; i < day.Length; i++) gram[i] += weight * day[i];
            for (var k = 0; k < Count; k++) moment[k] += weight * padded[k];
        }
        return (count, sum);
    }

    /// <summary>Takes one reading out of the sums again.</summary>
    public void Remove(int step, double kw, double[] gram, double[] moment)
    {
        var row = Row(step);
        var weight = WeightOf(step);
        for (var i = 0; i < Count; i++)
        {
            moment[i] -= weight * row[i] * kw;
            for (var j = 0; j <= i; j++) gram[(i * Count) + j] -= weight * row[i] * row[j];
        }
    }

    /// <summary>What weights of the columns make at every step.</summary>
    public void Evaluate(ReadOnlySpan<double> weights, Span<double> kw)
    {
        Span<int> active = stackalloc int[Count];
        var used = 0;
        for (var k = 0; k < Count; k++) if (weights[k] != 0) active[used++] = k;
        ref var first = ref MemoryMarshal.GetArrayDataReference(columns);
        var at = 0;
        for (; at + Vector512<double>.Count <= Steps; at += Vector512<double>.Count)
        {
            var sum = Vector512<double>.Zero;
            for (var u = 0; u < used; u++) sum = Vector512.FusedMultiplyAdd(Vector512.Create(weights[active[u]]), Vector512.LoadUnsafe(ref first, (nuint)((active[u] * Steps) + at)), sum);
            sum.CopyTo(kw[at..]);
        }
        for (; at < Steps; at++)
        {
            var sum = 0.0;
            for (var u = 0; u < used; u++) sum = Math.FusedMultiplyAdd(weights[active[u]], columns[(active[u] * Steps) + at], sum);
            kw[at] = sum;
        }
    }

    private double[] Products(int from, UInt128 readings)
    {
        ref var sums = ref CollectionsMarshal.GetValueRefOrAddDefault(products, (from, readings), out var exists);
        if (exists) return sums!;
        sums = new double[Count * Count];
        for (var i = 0; i < Quarters.ADay; i++)
        {
            if ((readings & (UInt128.One << i)) == UInt128.Zero) continue;
            var row = Row(from + i);
            for (var j = 0; j < Count; j++)
            {
                for (var k = 0; k <= j; k++) sums[(j * Count) + k] += row[j] * row[k];
            }
        }
        return sums;
    }
}
