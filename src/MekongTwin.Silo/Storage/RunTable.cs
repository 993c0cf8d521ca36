using MekongTwin.Domain.Readings;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>A stretch of event time of a point.</summary>
internal readonly record struct ReadingRange(int Point, long FromUs, long ToUs);

/// <summary>Sorted readings of the partitions, for what is no longer in memory.</summary>
internal sealed class RunTable(NpgsqlDataSource database)
{
    /// <summary>Readings in a row of the table.</summary>
    public const int PartReadingsMax = 320;

    /// <summary>How far a partition's readings are sorted, and the times they reach.</summary>
    public async Task<(long UptoOffset, long FirstUs, long LastUs)> ReadExtentAsync(int partition, CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT max(upto), min(first_time), max(last_time) FROM reading_run WHERE partition = $1").With(partition);
        await using var row = await command.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return row.IsDBNull(0) ? (0, long.MaxValue, long.MinValue) : (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
    }

    /// <summary>At least as many readings as <see cref="ReadAsync"/> would go through for this.</summary>
    public async Task<long> CountAtMostAsync(int partition, ReadingRange range, CancellationToken ct)
    {
        await using var command = database.CreateCommand("""
            SELECT coalesce(sum(octet_length(readings)), 0)::bigint FROM reading_run
            WHERE partition = $1 AND last_point >= $2 AND first_point <= $2 AND first_time < $4 AND last_time >= $3
            """).With(partition).With(range.Point).With(range.FromUs).With(range.ToUs);
        return (long)(await command.ExecuteScalarAsync(ct))! / Reading.Size;
    }

    /// <summary>The sorted readings of some stretches, one list each.</summary>
    public async Task<List<Reading>[]> ReadAsync(int partition, IReadOnlyList<ReadingRange> ranges, CancellationToken ct)
    {
        await using var command = database.CreateCommand("""
            SELECT wanted.place, run.readings, run.format
            FROM unnest($2, $3, $4) WITH ORDINALITY AS wanted(point, from_time, to_time, place)
            JOIN reading_run run ON run.partition = $1 AND run.last_point >= wanted.point AND run.first_point <= wanted.point
                AND run.first_time < wanted.to_time AND run.last_time >= wanted.from_time
            """).With(partition).With(ranges.Select(range => range.Point).ToArray()).With(ranges.Select(range => range.FromUs).ToArray()).With(ranges.Select(range => range.ToUs).ToArray());
        var found = new List<Reading>[ranges.Count];
        for (var i = 0; i < found.Length; i++) found[i] = [];
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct))
        {
            var place = (int)rows.GetInt64(0) - 1;
            StoredFormat.Check(rows.GetInt16(2), "Readings");
            foreach (var reading in FactsCodec.ReadReadings(rows.GetFieldValue<byte[]>(1)))
            {
                if (reading.Point == ranges[place].Point && reading.TimeUs >= ranges[place].FromUs && reading.TimeUs < ranges[place].ToUs) found[place].Add(reading);
            }
        }
        return found;
    }

    /// <summary>Cuts sorted readings into rows.</summary>
    public static IEnumerable<RunPart> Cut(long uptoOffset, Reading[] sorted)
    {
        for (int from = 0, number = 0; from < sorted.Length; from += PartReadingsMax, number++)
        {
            var part = sorted.AsSpan(from, Math.Min(PartReadingsMax, sorted.Length - from));
            var (first, last) = (long.MaxValue, long.MinValue);
            foreach (ref readonly var reading in part) (first, last) = (Math.Min(first, reading.TimeUs), Math.Max(last, reading.TimeUs));
            yield return new(uptoOffset, number, part[0].Point, part[^1].Point, first, last, FactsCodec.Of(part));
        }
    }
}
