using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>Where a partition stands when a writer takes it over: the journal's end, and what its facts stand for.</summary>
internal readonly record struct PartitionState(long Epoch, long Journalled, long Applied, long Revision, byte[] Doors);

/// <summary>Frames to put at the end of a partition by the writer of this epoch.</summary>
internal readonly record struct BlockToWrite(int Partition, long Epoch, long Start, byte[] Frames);

/// <summary>A block as it was written.</summary>
internal readonly record struct StoredBlock(long Start, byte[] Frames)
{
    public long End => Start + Frames.Length;
}

/// <summary>
/// The journal's partitions in PostgreSQL. A partition has one writer, the one with the newest epoch: whoever had it before
/// can write no more, whatever it believes.
/// </summary>
internal sealed class PartitionTable(NpgsqlDataSource database)
{
    /// <summary>Makes the caller the partition's writer, of its journal and of its facts.</summary>
    public async Task<PartitionState> TakeOverAsync(int partition, CancellationToken ct)
    {
        await using var command = database.CreateCommand("""
            WITH taken AS (
                INSERT INTO journal_partition (partition, epoch) VALUES ($1, 1)
                ON CONFLICT (partition) DO UPDATE SET epoch = journal_partition.epoch + 1
                RETURNING epoch, journalled
            ), facts AS (
                INSERT INTO partition_facts (partition, epoch) SELECT $1, epoch FROM taken
                ON CONFLICT (partition) DO UPDATE SET epoch = excluded.epoch
                RETURNING applied, revision, doors
            )
            SELECT epoch, journalled, applied, revision, doors FROM taken, facts
            """).With(partition);
        await using var row = await command.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetFieldValue<byte[]>(4));
    }

    /// <summary>
    /// Writes all blocks in one transaction, at most one a partition. Gives the partitions whose writer is no longer theirs:
    /// then nothing was written.
    /// </summary>
    public async Task<IReadOnlyList<int>> WriteAsync(IReadOnlyList<BlockToWrite> blocks, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Rows are locked in the order of partitions, so that two silos cannot wait for each other.
        await using var write = new NpgsqlCommand("""
            WITH given AS (
                SELECT * FROM unnest($1, $2, $3, $4) AS given(partition, epoch, start, frames)
            ), mine AS (
                SELECT p.partition FROM journal_partition p JOIN given USING (partition)
                WHERE p.epoch = given.epoch AND p.journalled = given.start
                ORDER BY p.partition FOR UPDATE OF p
            ), moved AS (
                UPDATE journal_partition p SET journalled = given.start + length(given.frames)
                FROM given, mine WHERE p.partition = given.partition AND mine.partition = p.partition
                RETURNING p.partition
            ), added AS (
                INSERT INTO journal_block (partition, start, frames)
                SELECT given.partition, given.start, given.frames FROM given JOIN moved USING (partition)
            )
            SELECT partition FROM moved
            """, connection, transaction)
            .With(blocks.Select(block => block.Partition).ToArray()).With(blocks.Select(block => block.Epoch).ToArray())
            .With(blocks.Select(block => block.Start).ToArray()).With(blocks.Select(block => block.Frames).ToArray());
        var written = new HashSet<int>();
        await using (var rows = await write.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct)) written.Add(rows.GetInt32(0));
        }
        if (written.Count < blocks.Count) return [.. blocks.Select(block => block.Partition).Where(partition => !written.Contains(partition))];
        await transaction.CommitAsync(ct);
        return [];
    }

    /// <summary>Lets go of connections that may be set up as the server was before: they would be used again and again.</summary>
    public void ForgetConnections()
    {
        database.Clear();
        NpgsqlConnection.ClearAllPools();
    }

    /// <summary>A number that no door has had.</summary>
    public async Task<long> NextDoorAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT nextval('door')");
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Blocks from an offset on, at most about <paramref name="bytesMax"/>; at least one if there is any.</summary>
    public async Task<IReadOnlyList<StoredBlock>> ReadAsync(int partition, long from, int bytesMax, CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT start, frames FROM journal_block WHERE partition = $1 AND start >= $2 ORDER BY start LIMIT 1000").With(partition).With(from);
        await using var rows = await command.ExecuteReaderAsync(ct);
        var blocks = new List<StoredBlock>();
        for (var bytes = 0; bytes < bytesMax && await rows.ReadAsync(ct); bytes += blocks[^1].Frames.Length)
        {
            blocks.Add(new(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1)));
        }
        return blocks;
    }
}
