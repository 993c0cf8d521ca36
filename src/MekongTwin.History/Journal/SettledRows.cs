using System.Buffers;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.History.Journal;

/// <summary>Facts that stay, as rows of numbers (<see cref="Varint"/>, signed ones zigzag): some 25 bytes a window before they are deflated.</summary>
internal static class SettledRows
{
    public static void Write(in GoneReadings gone, IBufferWriter<byte> into) => Put(into, gone.Source, gone.Readings, gone.Stored);

    public static void Write(in Reading latest, IBufferWriter<byte> into) =>
        Put(into, latest.Point, latest.TimeUs, latest.Value, latest.Revision, (long)latest.Quality, (long)latest.Flags);

    public static void Write(in PointWindow window, IBufferWriter<byte> into)
    {
        Put(into, window.Point, window.StartUs / Instant.Quarter, window.Count, window.Bad, window.Uncertain, (long)(window.Sum >> 64), (long)(ulong)(window.Sum & ulong.MaxValue));
        // Saturated values are far apart: their difference wraps around, and back.
        Put(into, window.Min, unchecked(window.Max - window.Min), unchecked(window.Last - window.Min), unchecked(window.LastTimeUs - window.StartUs), window.IntegralMicro, window.CoveredUs);
    }

    public static void Write(in AssetWindow total, IBufferWriter<byte> into)
    {
        var sum = total.Total;
        Put(into, total.Asset, total.StartUs / Instant.Quarter, sum.EnergyKwh, sum.EnergyCoveredUs, sum.Meters, sum.ReactiveKvarh, sum.ReactiveCoveredUs, sum.ReactiveMeters);
        Put(into, sum.Vehicles, sum.VehicleKm, sum.VehicleHours, sum.FreeVehicleHours, sum.TrafficCoveredUs, sum.Detectors, sum.OccupancyHours, sum.OccupancyCoveredUs);
    }

    /// <summary>Hands out the rows of a page. Throws <see cref="InvalidDataException"/> where the bytes are none.</summary>
    public static void Read(HorizonFile.PageKind kind, ReadOnlySpan<byte> rows, ISettledFacts into)
    {
        while (!rows.IsEmpty)
        {
            switch (kind)
            {
                case HorizonFile.PageKind.Horizon: return;
                case HorizonFile.PageKind.Gone: into.Add(new GoneReadings((int)Take(ref rows), Take(ref rows), Take(ref rows))); break;
                case HorizonFile.PageKind.Latest: into.Add(ReadLatest(ref rows)); break;
                case HorizonFile.PageKind.Windows: into.Add(ReadWindow(ref rows)); break;
                case HorizonFile.PageKind.Totals: into.Add(ReadTotal(ref rows)); break;
                default: throw new InvalidDataException($"No kind of page is numbered {(int)kind}.");
            }
        }
    }

    private static Reading ReadLatest(ref ReadOnlySpan<byte> rows)
    {
        var (point, time, value) = ((int)Take(ref rows), Take(ref rows), Take(ref rows));
        return new(time, value, point, (ushort)Take(ref rows), (Quality)Take(ref rows), (ReadingFlags)Take(ref rows));
    }

    private static PointWindow ReadWindow(ref ReadOnlySpan<byte> rows)
    {
        var (point, start, count) = ((int)Take(ref rows), Take(ref rows) * Instant.Quarter, (int)Take(ref rows));
        var (bad, uncertain) = ((int)Take(ref rows), (int)Take(ref rows));
        var sum = ((Int128)Take(ref rows) << 64) | (Int128)(UInt128)(ulong)Take(ref rows);
        var min = Take(ref rows);
        var (max, last, lastTime) = (unchecked(min + Take(ref rows)), unchecked(min + Take(ref rows)), unchecked(start + Take(ref rows)));
        return new(point, start, count, bad, uncertain, sum, min, max, last, lastTime, Take(ref rows), Take(ref rows));
    }

    private static AssetWindow ReadTotal(ref ReadOnlySpan<byte> rows) => new((int)Take(ref rows), Take(ref rows) * Instant.Quarter, new(
        Take(ref rows), Take(ref rows), (int)Take(ref rows), Take(ref rows), Take(ref rows), (int)Take(ref rows),
        Take(ref rows), Take(ref rows), Take(ref rows), Take(ref rows), Take(ref rows), (int)Take(ref rows), Take(ref rows), Take(ref rows)));

    private static void Put(IBufferWriter<byte> into, params ReadOnlySpan<long> values)
    {
        foreach (var value in values) Varint.Put(into, (ulong)(value << 1 ^ value >> 63));
    }

    private static long Take(ref ReadOnlySpan<byte> rows)
    {
        var value = Varint.Take(ref rows);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }
}
