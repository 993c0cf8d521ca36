using System.Buffers.Binary;
using System.Security.Cryptography;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Twins;

namespace MekongTwin.Host.Running;

/// <summary>The facts' hash: SHA-256 over latest values, windows and totals in the order of points, assets and time.</summary>
internal static class FactsHash
{
    public static string Of(IEnumerable<Reading> latest, IEnumerable<PointWindow> windows, IEnumerable<AssetWindow> totals)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> row = stackalloc byte[160];
        foreach (var reading in latest)
        {
            row.Clear();
            Write(row, 0, reading.Point, reading.TimeUs, reading.Value, reading.Revision, (long)reading.Quality, (long)reading.Flags);
            hash.AppendData(row);
        }
        foreach (var window in windows)
        {
            row.Clear();
            Write(row, 1, window.Point, window.StartUs, window.Count, window.Bad, window.Uncertain, (long)(window.Sum >> 64), (long)(ulong)(window.Sum & ulong.MaxValue), window.Min, window.Max, window.Last, window.LastTimeUs, window.IntegralMicro, window.CoveredUs);
            hash.AppendData(row);
        }
        foreach (var total in totals)
        {
            var sum = total.Total;
            if (sum.IsZero) continue;
            row.Clear();
            Write(row, 2, total.Asset, total.StartUs, sum.EnergyKwh, sum.EnergyCoveredUs, sum.Meters, sum.ReactiveKvarh, sum.ReactiveCoveredUs, sum.ReactiveMeters, sum.Vehicles, sum.VehicleKm, sum.VehicleHours, sum.FreeVehicleHours, sum.TrafficCoveredUs, sum.Detectors, sum.OccupancyHours, sum.OccupancyCoveredUs);
            hash.AppendData(row);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The hash of what a projection holds.</summary>
    public static string OfStored(TwinStore store, TwinQueries queries) => Of(store.ReadLatest(), queries.AllPointWindows(), queries.AllAssetWindows());

    private static void Write(Span<byte> row, params ReadOnlySpan<long> values)
    {
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(row[(i * 8)..], values[i]);
    }
}

/// <summary>Folds a whole journal again, beside the projection that is there.</summary>
internal static class Refold
{
    public static async Task<(string Journal, string Stored)> CompareAsync(DataDirectory directory, CancellationToken ct)
    {
        var files = new DiskFiles(directory.Journal);
        using var journal = JournalLog.Open(files, new JournalOptions(), TwinQueries.ReadMark(directory.Database));
        using var models = journal.Read(0);
        var model = ModelLog.ReadLast(models, journal.DurableOffset);
        var path = Path.Combine(directory.Path, "verify.db");
        string stored;
        using (var store = Projection.Open(directory.Database, files, journal))
        {
            // What the projection has not seen yet is folded into it first, as a start would.
            stored = await FoldAsync(files, journal, model, store, directory.Database, store.Applied, ct);
        }
        try
        {
            using var fresh = new TwinStore(path);
            fresh.Clear();
            return (await FoldAsync(files, journal, model, fresh, path, 0, ct), stored);
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            foreach (var suffix in (string[])["", "-wal", "-shm"]) File.Delete(path + suffix);
        }
    }

    private static async Task<string> FoldAsync(IJournalFiles files, JournalLog journal, Model model, TwinStore store, string path, long from, CancellationToken ct)
    {
        using var index = ReadingIndex.Open(files, from);
        await using var twins = new LocalTwins(model, index, store, store.Epoch, from, store.ReadLatest(), 1);
        var projector = new Projector(twins, store, index, store.ReadLedger(), TimeProvider.System);
        using var reader = journal.Read(from);
        await projector.CatchUpAsync(reader, journal.DurableOffset, ct);
        await projector.CommitAsync(ct);
        return FactsHash.OfStored(store, new TwinQueries(path));
    }
}
