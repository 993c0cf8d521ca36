using System.Text;
using MekongTwin.Domain.Twins;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>
/// The facts of the partitions. Whoever lost a partition cannot write them any more: its epoch is in the same transaction,
/// and so is what its assets add to the totals above, so that a sum counts every reading once whatever fails.
/// </summary>
internal sealed class FactsTable(NpgsqlDataSource database)
{
    /// <summary>
    /// Commits a change. It may be given again when nobody knows what became of it: once it went through it is not done twice.
    /// </summary>
    public async Task CommitAsync(FactsChange change, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var batch = new NpgsqlBatch(connection, transaction);
        // What is lost of these by a crash of the server is folded again: its journal is synced, this need not be.
        Add(batch, "SET LOCAL synchronous_commit = off");
        AddStates(batch, change.States);
        AddWindows(batch, change.Windows);
        AddTotals(batch, change.Totals);
        AddLedger(batch, change);
        AddQuarantine(batch, change);
        AddRuns(batch, change);
        // The last: the row is locked no longer than it must be.
        var moved = Add(batch, "UPDATE partition_facts SET applied = $4, revision = revision + 1, doors = $5 WHERE partition = $1 AND epoch = $2 AND revision = $3")
            .With(change.Partition).With(change.Epoch).With(change.Revision).With(change.Applied).With(change.Doors);
        await batch.ExecuteNonQueryAsync(ct);
        if (moved.RecordsAffected == 1)
        {
            await transaction.CommitAsync(ct);
            return;
        }
        await transaction.RollbackAsync(ct);
        await using var read = new NpgsqlCommand("SELECT epoch, revision FROM partition_facts WHERE partition = $1", connection).With(change.Partition);
        await using var row = await read.ExecuteReaderAsync(ct);
        var isDone = await row.ReadAsync(ct) && row.GetInt64(0) == change.Epoch && row.GetInt64(1) == change.Revision + 1;
        if (!isDone) throw new NotTheWriterException(change.Partition);
    }

    /// <summary>States of assets, of those that have one.</summary>
    public async Task<Dictionary<int, AssetState>> ReadStatesAsync(int[] assets, CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT asset, body FROM asset_state WHERE asset = ANY($1)").With(assets);
        await using var rows = await command.ExecuteReaderAsync(ct);
        var states = new Dictionary<int, AssetState>();
        while (await rows.ReadAsync(ct)) states[rows.GetInt32(0)] = FactsCodec.ReadState(rows.GetFieldValue<byte[]>(1));
        return states;
    }

    /// <summary>Quarters of assets, of those that have one.</summary>
    public async Task<List<(int Asset, long StartUs, byte[] Body)>> ReadWindowsAsync(IReadOnlyCollection<(int Asset, long StartUs)> keys, CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT asset, start, body FROM unnest($1, $2) AS wanted(asset, start) JOIN asset_window USING (asset, start)")
            .With(keys.Select(key => key.Asset).ToArray()).With(keys.Select(key => key.StartUs).ToArray());
        return await ReadWindowsAsync(command, ct);
    }

    /// <summary>An asset's quarters from one on.</summary>
    public async Task<List<(int Asset, long StartUs, byte[] Body)>> ReadWindowsFromAsync(int asset, long fromUs, CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT asset, start, body FROM asset_window WHERE asset = $1 AND start >= $2 ORDER BY start").With(asset).With(fromUs);
        return await ReadWindowsAsync(command, ct);
    }

    public async Task<Dictionary<int, byte[]>> ReadLedgerAsync(int partition, CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT source, body FROM ledger_line WHERE partition = $1").With(partition);
        await using var rows = await command.ExecuteReaderAsync(ct);
        var lines = new Dictionary<int, byte[]>();
        while (await rows.ReadAsync(ct)) lines[rows.GetInt32(0)] = rows.GetFieldValue<byte[]>(1);
        return lines;
    }

    private static async Task<List<(int Asset, long StartUs, byte[] Body)>> ReadWindowsAsync(NpgsqlCommand command, CancellationToken ct)
    {
        await using var rows = await command.ExecuteReaderAsync(ct);
        var found = new List<(int, long, byte[])>();
        while (await rows.ReadAsync(ct)) found.Add((rows.GetInt32(0), rows.GetInt64(1), rows.GetFieldValue<byte[]>(2)));
        return found;
    }

    private static NpgsqlBatchCommand Add(NpgsqlBatch batch, string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return command;
    }

    private static void AddStates(NpgsqlBatch batch, List<(int Asset, byte[] Body)> states)
    {
        if (states.Count == 0) return;
        Add(batch, "INSERT INTO asset_state SELECT * FROM unnest($1, $2) ON CONFLICT (asset) DO UPDATE SET body = excluded.body")
            .With(states.Select(state => state.Asset).ToArray()).With(states.Select(state => state.Body).ToArray());
    }

    private static void AddWindows(NpgsqlBatch batch, List<(int Asset, long StartUs, byte[] Body)> windows)
    {
        var (kept, gone) = (windows.Where(window => window.Body.Length > 0).ToList(), windows.Where(window => window.Body.Length == 0).ToList());
        if (kept.Count > 0)
        {
            Add(batch, "INSERT INTO asset_window SELECT * FROM unnest($1, $2, $3) ON CONFLICT (asset, start) DO UPDATE SET body = excluded.body")
                .With(kept.Select(window => window.Asset).ToArray()).With(kept.Select(window => window.StartUs).ToArray()).With(kept.Select(window => window.Body).ToArray());
        }
        if (gone.Count > 0)
        {
            Add(batch, "DELETE FROM asset_window USING unnest($1, $2) AS gone(a, s) WHERE asset = a AND start = s")
                .With(gone.Select(window => window.Asset).ToArray()).With(gone.Select(window => window.StartUs).ToArray());
        }
    }

    /// <summary>In one order everywhere: two partitions that add to the same totals cannot wait for each other.</summary>
    private static void AddTotals(NpgsqlBatch batch, List<AssetWindow> totals)
    {
        if (totals.Count == 0) return;
        var rows = totals.OrderBy(total => total.Asset).ThenBy(total => total.StartUs).ToList();
        T[] Column<T>(Func<Contribution, T> of) => [.. rows.Select(row => of(row.Total))];
        Add(batch, """
            INSERT INTO asset_total AS t SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            ON CONFLICT (asset, start) DO UPDATE SET
                energy = t.energy + excluded.energy, energy_covered = t.energy_covered + excluded.energy_covered, meters = t.meters + excluded.meters,
                reactive = t.reactive + excluded.reactive, reactive_covered = t.reactive_covered + excluded.reactive_covered, reactive_meters = t.reactive_meters + excluded.reactive_meters,
                vehicles = t.vehicles + excluded.vehicles, vehicle_km = t.vehicle_km + excluded.vehicle_km, vehicle_hours = t.vehicle_hours + excluded.vehicle_hours,
                free_hours = t.free_hours + excluded.free_hours, traffic_covered = t.traffic_covered + excluded.traffic_covered, detectors = t.detectors + excluded.detectors,
                occupancy = t.occupancy + excluded.occupancy, occupancy_covered = t.occupancy_covered + excluded.occupancy_covered
            """)
            .With(rows.Select(row => row.Asset).ToArray()).With(rows.Select(row => row.StartUs).ToArray())
            .With(Column(sum => sum.EnergyKwh)).With(Column(sum => sum.EnergyCoveredUs)).With(Column(sum => sum.Meters))
            .With(Column(sum => sum.ReactiveKvarh)).With(Column(sum => sum.ReactiveCoveredUs)).With(Column(sum => sum.ReactiveMeters))
            .With(Column(sum => sum.Vehicles)).With(Column(sum => sum.VehicleKm)).With(Column(sum => sum.VehicleHours)).With(Column(sum => sum.FreeVehicleHours))
            .With(Column(sum => sum.TrafficCoveredUs)).With(Column(sum => sum.Detectors)).With(Column(sum => sum.OccupancyHours)).With(Column(sum => sum.OccupancyCoveredUs));
    }

    private static void AddLedger(NpgsqlBatch batch, FactsChange change)
    {
        if (change.Ledger.Count == 0) return;
        Add(batch, "INSERT INTO ledger_line SELECT $1, * FROM unnest($2, $3) ON CONFLICT (partition, source) DO UPDATE SET body = excluded.body")
            .With(change.Partition).With(change.Ledger.Select(line => line.Source).ToArray()).With(change.Ledger.Select(line => line.Body).ToArray());
    }

    private static void AddQuarantine(NpgsqlBatch batch, FactsChange change)
    {
        foreach (var kind in change.Quarantine.OrderBy(kind => kind.Topic, StringComparer.Ordinal).ThenBy(kind => kind.Name, StringComparer.Ordinal))
        {
            Add(batch, """
                INSERT INTO quarantine AS q (partition, reason, source, topic, name, count, first, last, first_offset, sample, sample_time)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                ON CONFLICT (reason, source, topic, name) DO UPDATE SET count = q.count + excluded.count, first_offset = least(q.first_offset, excluded.first_offset), first = least(q.first, excluded.first), last = greatest(q.last, excluded.last),
                    sample = CASE WHEN excluded.last >= q.last THEN excluded.sample ELSE q.sample END,
                    sample_time = CASE WHEN excluded.last >= q.last THEN excluded.sample_time ELSE q.sample_time END
                """)
                .With(change.Partition).With((int)kind.Reason).With(kind.Source).With(Encoding.UTF8.GetBytes(kind.Topic)).With(Encoding.UTF8.GetBytes(kind.Name))
                .With(kind.Count).With(kind.FirstUs).With(kind.LastUs).With(kind.FirstOffset).With(kind.Sample).With(kind.SampleTimeUs);
        }
        if (change.Quarantine.Any(kind => kind.Count <= 0)) Add(batch, "DELETE FROM quarantine WHERE partition = $1 AND count <= 0").With(change.Partition);
    }

    private static void AddRuns(NpgsqlBatch batch, FactsChange change)
    {
        if (change.Runs.Count == 0) return;
        // Those that are there are of a commit that went through already: the revision says so.
        Add(batch, "INSERT INTO reading_run (partition, upto, part, first_point, last_point, first_time, last_time, readings, format) SELECT $1, *, $9 FROM unnest($2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING")
            .With(change.Partition).With(change.Runs.Select(part => part.UptoOffset).ToArray()).With(change.Runs.Select(part => part.Part).ToArray()).With(change.Runs.Select(part => part.FirstPoint).ToArray())
            .With(change.Runs.Select(part => part.LastPoint).ToArray()).With(change.Runs.Select(part => part.FirstUs).ToArray())
            .With(change.Runs.Select(part => part.LastUs).ToArray()).With(change.Runs.Select(part => part.Readings).ToArray())
            .With((short)StoredFormat.Written);
    }
}
