using System.Runtime.CompilerServices;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>Reads committed facts, for pages and for the hash.</summary>
internal sealed class StoredFacts(NpgsqlDataSource database)
{
    public const string TotalColumns = "energy, energy_covered, meters, reactive, reactive_covered, reactive_meters, vehicles, vehicle_km, vehicle_hours, free_hours, traffic_covered, detectors, occupancy, occupancy_covered";

    /// <summary>Stored windows of a point of an asset, ascending, fromUs &lt;= start &lt; toUs.</summary>
    public async Task<IReadOnlyList<PointWindow>> PointWindowsAsync(int asset, int point, long fromUs, long toUs, CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT start, body FROM asset_window WHERE asset = $1 AND start >= $2 AND start < $3 ORDER BY start").With(asset).With(fromUs).With(toUs);
        await using var rows = await command.ExecuteReaderAsync(ct);
        var windows = new List<PointWindow>();
        while (await rows.ReadAsync(ct)) windows.AddRange(FactsCodec.ReadWindows(rows.GetFieldValue<byte[]>(1), rows.GetInt64(0)).Windows.Where(window => window.Point == point));
        return windows;
    }

    /// <summary>Stored totals of assets, each one's ascending: of those with points what they add, of those above what was added.</summary>
    public async Task<IReadOnlyList<AssetWindow>> AssetWindowsAsync(IReadOnlyCollection<int> assets, long fromUs, long toUs, CancellationToken ct)
    {
        var asked = assets.ToArray();
        var totals = new List<AssetWindow>();
        await using (var command = database.CreateCommand("SELECT asset, start, body FROM asset_window WHERE asset = ANY($1) AND start >= $2 AND start < $3").With(asked).With(fromUs).With(toUs))
        {
            await using var rows = await command.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct))
            {
                var sum = FactsCodec.ReadWindows(rows.GetFieldValue<byte[]>(2), rows.GetInt64(1)).Sum;
                if (!sum.IsZero) totals.Add(new(rows.GetInt32(0), rows.GetInt64(1), sum));
            }
        }
        await using (var command = database.CreateCommand($"SELECT asset, start, {TotalColumns} FROM asset_total WHERE asset = ANY($1) AND start >= $2 AND start < $3").With(asked).With(fromUs).With(toUs))
        {
            await using var rows = await command.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct)) totals.Add(ReadTotal(rows));
        }
        totals.Sort(static (a, b) => a.Asset != b.Asset ? a.Asset.CompareTo(b.Asset) : a.StartUs.CompareTo(b.StartUs));
        return totals;
    }

    /// <summary>The newest reading of every point that has one, points ascending.</summary>
    public async Task<IReadOnlyList<Reading>> ReadLatestAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT body FROM asset_state");
        await using var rows = await command.ExecuteReaderAsync(ct);
        var latest = new List<Reading>();
        while (await rows.ReadAsync(ct)) latest.AddRange(FactsCodec.ReadState(rows.GetFieldValue<byte[]>(0)).Latest);
        latest.Sort(static (a, b) => a.Point.CompareTo(b.Point));
        return latest;
    }

    /// <summary>All windows of all points, in the order of assets, time and points.</summary>
    public async IAsyncEnumerable<PointWindow> AllPointWindowsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT start, body FROM asset_window ORDER BY asset, start");
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct))
        {
            foreach (var window in FactsCodec.ReadWindows(rows.GetFieldValue<byte[]>(1), rows.GetInt64(0)).Windows) yield return window;
        }
    }

    /// <summary>All totals of all assets, those with points first, each in the order of assets and time.</summary>
    public async IAsyncEnumerable<AssetWindow> AllAssetWindowsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await using (var command = database.CreateCommand("SELECT asset, start, body FROM asset_window ORDER BY asset, start"))
        {
            await using var rows = await command.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct)) yield return new(rows.GetInt32(0), rows.GetInt64(1), FactsCodec.ReadWindows(rows.GetFieldValue<byte[]>(2), rows.GetInt64(1)).Sum);
        }
        await using (var command = database.CreateCommand($"SELECT asset, start, {TotalColumns} FROM asset_total ORDER BY asset, start"))
        {
            await using var rows = await command.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct)) yield return ReadTotal(rows);
        }
    }

    /// <summary>A row of asset, start and <see cref="TotalColumns"/>.</summary>
    public static AssetWindow ReadTotal(NpgsqlDataReader row) => new(row.GetInt32(0), row.GetInt64(1), new(
        row.GetInt64(2), row.GetInt64(3), row.GetInt32(4), row.GetInt64(5), row.GetInt64(6), row.GetInt32(7), row.GetInt64(8), row.GetInt64(9),
        row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt32(13), row.GetInt64(14), row.GetInt64(15)));
}
