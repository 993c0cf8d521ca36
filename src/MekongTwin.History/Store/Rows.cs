using System.Buffers.Binary;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;
using Microsoft.Data.Sqlite;

namespace MekongTwin.History.Store;

/// <summary>Rows to records and back.</summary>
internal static class Rows
{
    // Entries of a ledger line: refusals are their reason from here on.
    private const int Journalled = 0, Stored = 1, Duplicate = 2, LastReceived = 3, FirstRefusal = 100;

    /// <summary>The columns that <see cref="ReadWindow"/> reads.</summary>
    public const string WindowColumns = "point, start, count, bad, uncertain, sum, min, max, last, last_time, integral, covered";

    public static PointWindow ReadWindow(SqliteDataReader row) => new(
        row.GetInt32(0), row.GetInt64(1), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4),
        BinaryPrimitives.ReadInt128LittleEndian((byte[])row.GetValue(5)), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8),
        row.GetInt64(9), row.GetInt64(10), row.GetInt64(11));

    /// <summary>The columns that <see cref="ReadLatest"/> reads.</summary>
    public const string LatestColumns = "time, value, point, revision, quality, flags";

    public static Reading ReadLatest(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetInt64(1), row.GetInt32(2), (ushort)row.GetInt32(3), (Quality)row.GetByte(4), (ReadingFlags)row.GetByte(5));

    /// <summary>The columns of a total.</summary>
    public const string TotalColumns = "asset, start, energy, energy_covered, meters, reactive, reactive_covered, reactive_meters, vehicles, vehicle_km, vehicle_hours, free_hours, traffic_covered, detectors, occupancy, occupancy_covered";

    public static Contribution ReadContribution(SqliteDataReader row, int at) => new(
        row.GetInt64(at), row.GetInt64(at + 1), row.GetInt32(at + 2), row.GetInt64(at + 3), row.GetInt64(at + 4), row.GetInt32(at + 5),
        row.GetInt64(at + 6), row.GetInt64(at + 7), row.GetInt64(at + 8), row.GetInt64(at + 9), row.GetInt64(at + 10), row.GetInt32(at + 11),
        row.GetInt64(at + 12), row.GetInt64(at + 13));

    /// <summary>The columns of a part of a total.</summary>
    public static string ColumnsOf(TotalPart part) => "asset, start, " + part switch
    {
        TotalPart.Energy => "energy, energy_covered, meters",
        TotalPart.Reactive => "reactive, reactive_covered, reactive_meters",
        TotalPart.Vehicles => "vehicles, traffic_covered, detectors",
        TotalPart.Speed => "vehicle_km, vehicle_hours, free_hours, traffic_covered, detectors",
        _ => "occupancy, occupancy_covered, detectors",
    };

    /// <summary>A total with only that part of it.</summary>
    public static AssetWindow ReadPart(SqliteDataReader row, TotalPart part) => new(row.GetInt32(0), row.GetInt64(1), part switch
    {
        TotalPart.Energy => new() { EnergyKwh = row.GetInt64(2), EnergyCoveredUs = row.GetInt64(3), Meters = row.GetInt32(4) },
        TotalPart.Reactive => new() { ReactiveKvarh = row.GetInt64(2), ReactiveCoveredUs = row.GetInt64(3), ReactiveMeters = row.GetInt32(4) },
        TotalPart.Vehicles => new() { Vehicles = row.GetInt64(2), TrafficCoveredUs = row.GetInt64(3), Detectors = row.GetInt32(4) },
        TotalPart.Speed => new() { VehicleKm = row.GetInt64(2), VehicleHours = row.GetInt64(3), FreeVehicleHours = row.GetInt64(4), TrafficCoveredUs = row.GetInt64(5), Detectors = row.GetInt32(6) },
        _ => new() { OccupancyHours = row.GetInt64(2), OccupancyCoveredUs = row.GetInt64(3), Detectors = row.GetInt32(4) },
    });

    public static void WriteLedger(int source, LedgerLine line, Action<int, long> write)
    {
        write(Journalled, line.Journalled);
        write(Stored, line.Stored);
        write(Duplicate, line.Duplicate);
        write(LastReceived, line.LastReceivedUs);
        foreach (var reason in Enum.GetValues<Refusal>()) write(FirstRefusal + (int)reason, line[reason]);
    }

    public static void ReadLedger(LedgerLine line, int entry, long count)
    {
        switch (entry)
        {
            case Journalled: line.Journalled = count; break;
            case Stored: line.Stored = count; break;
            case Duplicate: line.Duplicate = count; break;
            case LastReceived: line.LastReceivedUs = count; break;
            default: line[(Refusal)(entry - FirstRefusal)] = count; break;
        }
    }
}
