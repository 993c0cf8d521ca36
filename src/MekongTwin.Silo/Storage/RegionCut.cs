using System.Data;
using System.Runtime.CompilerServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>Where a partition's journal ends, and what its facts stand for.</summary>
internal readonly record struct PartitionExtent(int Partition, long Journalled, long Applied);

/// <summary>An asset's quarter of an hour as it is stored.</summary>
internal readonly record struct StoredQuarter(int Asset, long StartUs, byte[] Body);

/// <summary>
/// A whole region as it is at one instant, for whoever checks it: one transaction that only reads, whatever silos write
/// meanwhile. One question at a time.
/// </summary>
internal sealed class RegionCut : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private RegionCut(NpgsqlConnection connection, NpgsqlTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    public static async Task<RegionCut> OpenAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        var connection = await database.OpenConnectionAsync(ct);
        var cut = new RegionCut(connection, await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct));
        // A small stretch of a large table is looked up, even where the server has not counted its rows yet.
        foreach (var setting in (string[])["SET TRANSACTION READ ONLY", "SET LOCAL idle_in_transaction_session_timeout = 0", "SET LOCAL enable_seqscan = off"])
        {
            await using var command = cut.Ask(setting);
            await command.ExecuteNonQueryAsync(ct);
        }
        return cut;
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    public async Task<Model> ReadModelAsync(CancellationToken ct) => (await ModelTable.ReadNewerAsync(_connection, 0, ct))?.Model ?? Model.Empty;

    /// <summary>A setting, or null when no silo has settled it yet.</summary>
    public async Task<string?> ReadSettingAsync(string key, CancellationToken ct)
    {
        await using var command = Ask("SELECT value FROM setting WHERE key = $1").With(key);
        return (string?)await command.ExecuteScalarAsync(ct);
    }

    public async Task<List<PartitionExtent>> ReadExtentsAsync(CancellationToken ct)
    {
        await using var command = Ask("SELECT p.partition, p.journalled, coalesce(f.applied, 0) FROM journal_partition p LEFT JOIN partition_facts f USING (partition) ORDER BY p.partition");
        await using var rows = await command.ExecuteReaderAsync(ct);
        var extents = new List<PartitionExtent>();
        while (await rows.ReadAsync(ct)) extents.Add(new(rows.GetInt32(0), rows.GetInt64(1), rows.GetInt64(2)));
        return extents;
    }

    /// <summary>A partition's blocks in their order.</summary>
    public async IAsyncEnumerable<StoredBlock> BlocksAsync(int partition, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = Ask("SELECT start, frames FROM journal_block WHERE partition = $1 ORDER BY start").With(partition);
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) yield return new(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1));
    }

    /// <summary>A partition's accounts by source.</summary>
    public async Task<Dictionary<int, LedgerLine>> ReadLedgerAsync(int partition, CancellationToken ct)
    {
        await using var command = Ask("SELECT source, body FROM ledger_line WHERE partition = $1").With(partition);
        await using var rows = await command.ExecuteReaderAsync(ct);
        var lines = new Dictionary<int, LedgerLine>();
        while (await rows.ReadAsync(ct)) FactsCodec.AddTo(lines[rows.GetInt32(0)] = new(), rows.GetFieldValue<byte[]>(1));
        return lines;
    }

    /// <summary>The states of assets, as they are stored.</summary>
    public async IAsyncEnumerable<(int Asset, byte[] Body)> StatesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = Ask("SELECT asset, body FROM asset_state ORDER BY asset");
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) yield return (rows.GetInt32(0), rows.GetFieldValue<byte[]>(1));
    }

    /// <summary>Up to which offset a partition's readings are sorted, and how many these are.</summary>
    public async Task<(long Upto, long Readings)> ReadSortedAsync(int partition, CancellationToken ct)
    {
        await using var command = Ask("SELECT coalesce(max(upto), 0), coalesce(sum(octet_length(readings)), 0)::bigint FROM reading_run WHERE partition = $1").With(partition);
        await using var row = await command.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return (row.GetInt64(0), row.GetInt64(1) / Reading.Size);
    }

    /// <summary>The first and the last start of what is stored, and the highest asset that has any; null when nothing is.</summary>
    public async Task<(long FirstUs, long LastUs, int LastAsset)?> ReadSpanAsync(CancellationToken ct)
    {
        await using var command = Ask("SELECT min(start), max(start), max(asset) FROM (SELECT start, asset FROM asset_window UNION ALL SELECT start, asset FROM asset_total) AS stored");
        await using var row = await command.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return row.IsDBNull(0) ? null : (row.GetInt64(0), row.GetInt64(1), row.GetInt32(2));
    }

    /// <summary>Quarters of assets with points, ascending by asset and time, fromUs &lt;= start &lt; toUs.</summary>
    public async IAsyncEnumerable<StoredQuarter> QuartersAsync(int[] assets, long fromUs, long toUs, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = Ask("SELECT asset, start, body FROM asset_window WHERE asset = ANY($1) AND start >= $2 AND start < $3 ORDER BY asset, start").With(assets).With(fromUs).With(toUs);
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) yield return new(rows.GetInt32(0), rows.GetInt64(1), rows.GetFieldValue<byte[]>(2));
    }

    /// <summary>Totals of what lies above, ascending by asset and time, fromUs &lt;= start &lt; toUs.</summary>
    public async IAsyncEnumerable<AssetWindow> TotalsAsync(int[] assets, long fromUs, long toUs, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = Ask($"SELECT asset, start, {StoredFacts.TotalColumns} FROM asset_total WHERE asset = ANY($1) AND start >= $2 AND start < $3 ORDER BY asset, start").With(assets).With(fromUs).With(toUs);
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) yield return StoredFacts.ReadTotal(rows);
    }

    /// <summary>However long it takes: what is asked goes through whole tables.</summary>
    private NpgsqlCommand Ask(string sql)
    {
#pragma warning disable CA2100 // Texts of this class.
        return new(sql, _connection, _transaction) { CommandTimeout = 0 };
#pragma warning restore CA2100
    }
}
