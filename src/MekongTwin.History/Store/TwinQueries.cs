using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using Microsoft.Data.Sqlite;

namespace MekongTwin.History.Store;

/// <summary>Reads the projection beside its writer. Thread-safe: every call has its own pooled connection.</summary>
public sealed class TwinQueries(string path) : ICommittedFacts
{
    /// <summary>
    /// The journal and the offset in it that a projection stands for, read without changing it; nothing when there is none or
    /// it cannot be read.
    /// </summary>
    public static JournalMark ReadMark(string path)
    {
        if (!File.Exists(path)) return default;
        try
        {
            var meta = new TwinQueries(path).Query("SELECT key, value FROM meta", static row => (Key: row.GetString(0), Value: row.GetInt64(1))).ToDictionary(row => row.Key, row => row.Value);
            return new(meta.GetValueOrDefault("journal"), meta.GetValueOrDefault("applied"));
        }
        catch (SqliteException)
        {
            // Damaged, or not a projection: it is made again, and says nothing about the journal.
            return default;
        }
    }

    /// <summary>Stored 15-minute windows of a point, ascending, fromUs &lt;= start &lt; toUs.</summary>
    public IReadOnlyList<PointWindow> PointWindows(int point, long fromUs, long toUs) => Query(
        $"SELECT {Rows.WindowColumns} FROM point_window WHERE point=@p0 AND start>=@p1 AND start<@p2 ORDER BY start",
        Rows.ReadWindow, point, fromUs, toUs);

    /// <summary>Stored 15-minute totals of an asset, ascending, fromUs &lt;= start &lt; toUs.</summary>
    public IReadOnlyList<AssetWindow> AssetWindows(int asset, long fromUs, long toUs) => Query(
        $"SELECT {Rows.TotalColumns} FROM asset_window WHERE asset=@p0 AND start>=@p1 AND start<@p2 ORDER BY start",
        ReadTotal, asset, fromUs, toUs);

    /// <summary>A part of the stored 15-minute totals of an asset: a long series costs less than half.</summary>
    public IReadOnlyList<AssetWindow> AssetWindows(int asset, long fromUs, long toUs, TotalPart part) => Query(
        $"SELECT {Rows.ColumnsOf(part)} FROM asset_window WHERE asset=@p0 AND start>=@p1 AND start<@p2 ORDER BY start",
        row => Rows.ReadPart(row, part), asset, fromUs, toUs);

    /// <summary>Stored 15-minute totals of many assets in one question, each one's ascending, fromUs &lt;= start &lt; toUs.</summary>
    public IReadOnlyList<AssetWindow> AssetWindows(IReadOnlyCollection<int> assets, long fromUs, long toUs) => Query(
        // The list leads: every asset is a look into the table's own order.
        $"SELECT {Rows.TotalColumns} FROM json_each(@p0) CROSS JOIN asset_window ON asset=value WHERE start>=@p1 AND start<@p2 ORDER BY asset, start",
        ReadTotal, $"[{string.Join(',', assets.Order())}]", fromUs, toUs);

    /// <summary>Everything in quarantine by kind, newest first, at most <paramref name="limit"/>.</summary>
    public IReadOnlyList<QuarantineGroup> Quarantine(int limit) => Query(
        "SELECT id, reason, source, topic, name, count, first, last, first_offset, sample, sample_time FROM quarantine ORDER BY last DESC LIMIT @p0", ReadGroup, limit);

    /// <summary>
    /// Where the kind may lie, whichever source sent it: the sources, each with the journal offset of the first. What came while
    /// there was no room is counted under "(others)", and may be of the kind too.
    /// </summary>
    public IReadOnlyList<(int Source, long FirstOffset)> QuarantineLike(QuarantineGroup group) => Query(
        "SELECT source, min(first_offset) FROM quarantine WHERE reason=@p0 AND ((topic=@p1 AND name=@p2) OR topic=@p3) GROUP BY source ORDER BY source",
        static row => (row.GetInt32(0), row.GetInt64(1)), (int)group.Reason, group.Topic, group.Name, Store.QuarantineGroup.OthersTopic);

    public QuarantineGroup? QuarantineGroup(long id) => Query(
        "SELECT id, reason, source, topic, name, count, first, last, first_offset, sample, sample_time FROM quarantine WHERE id=@p0", ReadGroup, id).SingleOrDefault();

    /// <summary>All stored latest values.</summary>
    public IReadOnlyList<Reading> Latest() => Query($"SELECT {Rows.LatestColumns} FROM latest", Rows.ReadLatest);

    /// <summary>All windows of all points in the order of the facts hash.</summary>
    public IEnumerable<PointWindow> AllPointWindows() => Stream(
        $"SELECT {Rows.WindowColumns} FROM point_window ORDER BY point, start", Rows.ReadWindow);

    /// <summary>All totals of all assets in the order of the facts hash.</summary>
    public IEnumerable<AssetWindow> AllAssetWindows() => Stream(
        $"SELECT {Rows.TotalColumns} FROM asset_window ORDER BY asset, start", ReadTotal);

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object> values)
    {
        using var connection = Schema.OpenReader(path);
        using var statement = new Statement(connection, sql, values.Length);
        using var reader = statement.Query(values);
        var rows = new List<T>();
        while (reader.Read()) rows.Add(read(reader));
        return rows;
    }

    private IEnumerable<T> Stream<T>(string sql, Func<SqliteDataReader, T> read)
    {
        using var connection = Schema.OpenReader(path);
        using var statement = new Statement(connection, sql, 0);
        using var reader = statement.Query();
        while (reader.Read()) yield return read(reader);
    }

    private static AssetWindow ReadTotal(SqliteDataReader row) => new(row.GetInt32(0), row.GetInt64(1), Rows.ReadContribution(row, 2));

    private static QuarantineGroup ReadGroup(SqliteDataReader row) => new(
        row.GetInt64(0), (Refusal)row.GetByte(1), row.GetInt32(2), row.GetString(3), row.GetString(4), row.GetInt64(5),
        row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), (byte[])row.GetValue(9), row.GetInt64(10));
}
