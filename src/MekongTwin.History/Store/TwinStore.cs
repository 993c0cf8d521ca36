using System.Buffers.Binary;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using Microsoft.Data.Sqlite;

namespace MekongTwin.History.Store;

/// <summary>A kind of thing in quarantine, counted, with the newest of it and the time that one claims.</summary>
public sealed record QuarantineGroup(long Id, Refusal Reason, int Source, string Topic, string Name, long Count, long FirstUs, long LastUs, long FirstOffset, byte[] Sample, long SampleTimeUs)
{
    /// <summary>Topic of the group that a source's further kinds share.</summary>
    public const string OthersTopic = "(others)";

    public QuarantineKind Kind => new(Reason, Source, Topic, Name);

    /// <summary>True for a source's further kinds together: nobody knows their topics any more.</summary>
    public bool IsOthers => Topic == OthersTopic;

    /// <summary>True when a point can be given to it.</summary>
    public bool IsMappable => Reason == Refusal.UnknownPoint && !IsOthers;
}

/// <summary>
/// The projection of the journal in SQLite: windows, totals, latest values, ledger, quarantine and the journal offset they
/// stand for, always committed together. One tailer owns it; readers have their own connections (<see cref="TwinQueries"/>).
/// </summary>
public sealed class TwinStore : ITwinStore, IQuarantineBook, IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly RowWriter _putWindow, _putTotal, _putLatest;
    private readonly Statement _dropWindow, _putLedger, _putMeta, _putSource, _addQuarantine, _releaseQuarantine, _dropQuarantine, _putSetAside, _dropSetAside, _readWindow;
    private readonly RowReader _readTotal;
    private readonly Dictionary<(int, long), PointWindow> _windows = [];
    private readonly Dictionary<(int Asset, long StartUs), Contribution> _totals = [];
    private readonly Dictionary<int, Reading> _latest = [];
    private readonly List<Action<SqliteTransaction>> _other = [];
    private readonly QuarantineKinds _kinds = new();
    private readonly Lock _readGate = new();

    public TwinStore(string path)
    {
        _connection = Schema.Open(path);
        _putWindow = new(_connection, "point_window", 12);
        _dropWindow = new(_connection, "DELETE FROM point_window WHERE point=@p0 AND start=@p1", 2);
        _putTotal = new(_connection, "asset_window", 16);
        _putLatest = new(_connection, "latest", 6);
        _putLedger = Statement.Upsert(_connection, "ledger", 3);
        _putMeta = Statement.Upsert(_connection, "meta", 2);
        _putSource = Statement.Upsert(_connection, "source", 2);
        _addQuarantine = new(_connection, """
            INSERT INTO quarantine(reason, source, topic, name, count, first, last, first_offset, sample, sample_time) VALUES(@p0,@p1,@p2,@p3,1,@p4,@p4,@p5,@p6,@p7)
            ON CONFLICT(reason, source, topic, name) DO UPDATE SET count=count+1, first=min(first,@p4), last=max(last,@p4), sample=@p6, sample_time=@p7
            """, 8);
        _releaseQuarantine = new(_connection, "UPDATE quarantine SET count=count-@p4 WHERE reason=@p0 AND source=@p1 AND topic=@p2 AND name=@p3", 5);
        _dropQuarantine = new(_connection, "DELETE FROM quarantine WHERE count<=0", 0);
        _readTotal = new(_connection, "asset_window", "asset", "start");
        _readWindow = new(_connection, $"SELECT {Rows.WindowColumns} FROM point_window WHERE point=@p0 AND start=@p1", 2);
        _putSetAside = Statement.Upsert(_connection, "set_aside", 5);
        _dropSetAside = new(_connection, "DELETE FROM set_aside WHERE point=@p0", 1);
        Applied = ReadMeta("applied");
        ModelOffset = ReadMeta("model");
        Journal = ReadMeta("journal");
        ReadGroups();
    }

    /// <summary>Journal offset that the committed rows stand for.</summary>
    public long Applied { get; private set; }

    /// <summary>Journal offset of the block with the newest model seen.</summary>
    public long ModelOffset { get; private set; }

    /// <summary>Identity of the journal that the rows are made from; 0 while there is none.</summary>
    public long Journal { get; private set; }

    /// <summary>Told the windows of each commit, by whoever commits.</summary>
    public event Action<IReadOnlyCollection<PointWindow>>? WindowsCommitted;

    /// <summary>Rows that wait for the next commit.</summary>
    public int PendingRows => _windows.Count + _totals.Count + _latest.Count + _other.Count;

    /// <summary>What is settled before it stays as it is: the readings that it was made of are gone.</summary>
    public Horizon? Horizon { get; set; }

    public void Put(in PointWindow window)
    {
        if (Horizon?.IsSettled(window) != true) _windows[(window.Point, window.StartUs)] = window;
    }

    public void Put(in AssetWindow total)
    {
        if (Horizon?.IsSettled(total) != true) _totals[(total.Asset, total.StartUs)] = total.Total;
    }

    public void PutLatest(in Reading latest) => _latest[latest.Point] = latest;

    public Contribution ReadTotal(int asset, long startUs)
    {
        if (_totals.TryGetValue((asset, startUs), out var waiting)) return waiting;
        Span<long> row = stackalloc long[16];
        lock (_readGate)
        {
            if (!_readTotal.TryRead(asset, startUs, row)) return default;
        }
        return new(row[2], row[3], (int)row[4], row[5], row[6], (int)row[7], row[8], row[9], row[10], row[11], row[12], (int)row[13], row[14], row[15]);
    }

    public bool TryReadWindow(int point, long startUs, out PointWindow window)
    {
        if (_windows.TryGetValue((point, startUs), out window)) return true;
        lock (_readGate)
        {
            using var reader = _readWindow.Query(point, startUs);
            var found = reader.Read();
            window = found ? Rows.ReadWindow(reader) : default;
            return found;
        }
    }

    public void Put(in SetAsideReadings readings)
    {
        var row = readings;
        _other.Add(transaction => _putSetAside.Run(transaction, row.Point, row.Source, row.Count, row.FromUs, row.ToUs));
    }

    public void ForgetSetAside(int point) => _other.Add(transaction => _dropSetAside.Run(transaction, point));

    public IReadOnlyList<SetAsideReadings> ReadSetAside()
    {
        var rows = new List<SetAsideReadings>();
        using var statement = new Statement(_connection, "SELECT point, source, count, first, last FROM set_aside ORDER BY point, source", 0);
        using var reader = statement.Query();
        while (reader.Read()) rows.Add(new(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)));
        return rows;
    }

    public void PutSource(int number, string name) => _other.Add(transaction => _putSource.Run(transaction, number, name));

    public void AddQuarantine(QuarantineEntry entry, long offset)
    {
        var kind = _kinds.Add(entry);
        var sample = QuarantineKinds.SampleOf(entry);
        _other.Add(transaction => _addQuarantine.Run(transaction, (int)kind.Reason, kind.Source, kind.Topic, kind.Name, entry.ReceivedUs, offset, sample, entry.TimeUs));
    }

    public void ReleaseQuarantine(ReleaseEntry release)
    {
        var (own, others) = _kinds.Release(release);
        TakeOut(QuarantineKind.Of(release), own);
        TakeOut(QuarantineKind.Others(release.Reason, release.Source), others);
    }

    public long DiscardQuarantine(DiscardEntry discard)
    {
        var count = _kinds.Discard(discard);
        TakeOut(QuarantineKind.Of(discard), count);
        return count;
    }

    /// <summary>Remembers the block that holds the newest model.</summary>
    public void PutModelOffset(long offset)
    {
        ModelOffset = offset;
        _other.Add(transaction => _putMeta.Run(transaction, "model", offset));
    }

    /// <summary>From now on the rows are made from this journal. Nothing of another one may be left.</summary>
    public void Follow(long journal)
    {
        if (Applied > 0) throw new JournalException("twin.db was made from another journal than the one beside it. Put that one back; to go on with the one that is there, delete twin.db.");
        _putMeta.Run(null, "journal", journal);
        Journal = journal;
    }

    /// <summary>
    /// Forgets everything, so that it is folded again from the journal's start, but for what stays of readings that are gone. A stop
    /// within leaves nothing applied: the next opening begins it again.
    /// </summary>
    public void Restart(SealedHistory history)
    {
        Clear();
        Horizon = history.Horizon;
        if (Horizon is null) return;
        using var transaction = _connection.BeginTransaction();
        var settled = new SettledRestore(this, transaction);
        history.ReadSettled(settled);
        settled.PutLedger();
        transaction.Commit();
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        using var transaction = _connection.BeginTransaction();
        foreach (var table in (string[])["latest", "point_window", "asset_window", "ledger", "source", "quarantine", "set_aside"]) Schema.Run(_connection, $"DELETE FROM {table}", transaction);
        _putMeta.Run(transaction, "applied", 0L);
        transaction.Commit();
        _kinds.Clear();
        Applied = 0;
    }

    /// <summary>
    /// Makes everything put so far visible to readers, together with the journal offset it stands for. When it throws (a full
    /// disk) nothing was committed and everything waits for the next try.
    /// </summary>
    public void Commit(long applied, Ledger ledger)
    {
        using var transaction = _connection.BeginTransaction();
        foreach (var window in _windows.Values) PutRow(transaction, window);
        foreach (var ((asset, startUs), total) in _totals) PutRow(new AssetWindow(asset, startUs, total));
        foreach (var latest in _latest.Values) PutRow(latest);
        foreach (var write in _other) write(transaction);
        foreach (var (source, line) in ledger.Changed) Rows.WriteLedger(source, line, (entry, count) => _putLedger.Run(transaction, source, entry, count));
        _putMeta.Run(transaction, "applied", applied);
        transaction.Commit();
        WindowsCommitted?.Invoke(_windows.Values);
        ledger.ForgetChanged();
        _windows.Clear();
        _totals.Clear();
        _latest.Clear();
        _other.Clear();
        Applied = applied;
    }

    /// <summary>The stored latest values, at start-up.</summary>
    public IReadOnlyList<Reading> ReadLatest()
    {
        var latest = new List<Reading>();
        using var statement = new Statement(_connection, $"SELECT {Rows.LatestColumns} FROM latest ORDER BY point", 0);
        using var reader = statement.Query();
        while (reader.Read()) latest.Add(Rows.ReadLatest(reader));
        return latest;
    }

    /// <summary>The stored ledger, at start-up.</summary>
    public Ledger ReadLedger()
    {
        var ledger = new Ledger();
        using var statement = new Statement(_connection, "SELECT source, entry, count FROM ledger", 0);
        using var reader = statement.Query();
        while (reader.Read())
        {
            var (entry, count) = (reader.GetInt32(1), reader.GetInt64(2));
            ledger.Book(reader.GetInt32(0), line => Rows.ReadLedger(line, entry, count));
        }
        return ledger;
    }

    /// <summary>The stored sources, at start-up.</summary>
    public IReadOnlyDictionary<int, string> ReadSources()
    {
        var sources = new Dictionary<int, string>();
        using var statement = new Statement(_connection, "SELECT number, name FROM source", 0);
        using var reader = statement.Query();
        while (reader.Read()) sources[reader.GetInt32(0)] = reader.GetString(1);
        return sources;
    }

    public void Dispose()
    {
        foreach (var writer in (RowWriter[])[_putWindow, _putTotal, _putLatest]) writer.Dispose();
        foreach (var statement in (Statement[])[_dropWindow, _putLedger, _putMeta, _putSource, _addQuarantine, _releaseQuarantine, _dropQuarantine, _putSetAside, _dropSetAside, _readWindow]) statement.Dispose();
        _readTotal.Dispose();
        _connection.Dispose();
    }

    private void PutRow(SqliteTransaction transaction, in PointWindow window)
    {
        if (window.IsEmpty)
        {
            _dropWindow.Run(transaction, window.Point, window.StartUs);
            return;
        }
        Span<byte> sum = stackalloc byte[16];
        BinaryPrimitives.WriteInt128LittleEndian(sum, window.Sum);
        _putWindow.Add(window.Point).Add(window.StartUs).Add(window.Count).Add(window.Bad).Add(window.Uncertain).Add(sum).Add(window.Min).Add(window.Max)
            .Add(window.Last).Add(window.LastTimeUs).Add(window.IntegralMicro).Add(window.CoveredUs).Write();
    }

    private void PutRow(in Reading latest) =>
        _putLatest.Add(latest.Point).Add(latest.TimeUs).Add(latest.Value).Add(latest.Revision).Add((int)latest.Quality).Add((int)latest.Flags).Write();

    private void PutRow(in AssetWindow stored)
    {
        var total = stored.Total;
        _putTotal.Add(stored.Asset).Add(stored.StartUs).Add(total.EnergyKwh).Add(total.EnergyCoveredUs).Add(total.Meters)
            .Add(total.ReactiveKvarh).Add(total.ReactiveCoveredUs).Add(total.ReactiveMeters).Add(total.Vehicles).Add(total.VehicleKm).Add(total.VehicleHours)
            .Add(total.FreeVehicleHours).Add(total.TrafficCoveredUs).Add(total.Detectors).Add(total.OccupancyHours).Add(total.OccupancyCoveredUs).Write();
    }

    private void ReadGroups()
    {
        using var statement = new Statement(_connection, "SELECT reason, source, topic, name, count FROM quarantine", 0);
        using var reader = statement.Query();
        while (reader.Read()) _kinds.Add(new((Refusal)reader.GetByte(0), reader.GetInt32(1), reader.GetString(2), reader.GetString(3)), reader.GetInt64(4));
    }

    private void TakeOut(QuarantineKind kind, long count)
    {
        if (count == 0) return;
        _other.Add(transaction =>
        {
            _releaseQuarantine.Run(transaction, (int)kind.Reason, kind.Source, kind.Topic, kind.Name, count);
            _dropQuarantine.Run(transaction);
        });
    }

    private long ReadMeta(string key)
    {
        using var statement = new Statement(_connection, "SELECT value FROM meta WHERE key=@p0", 1);
        using var reader = statement.Query(key);
        return reader.Read() ? reader.GetInt64(0) : 0;
    }

    /// <summary>Writes what stays of readings that are gone.</summary>
    private sealed class SettledRestore(TwinStore store, SqliteTransaction transaction) : ISettledFacts
    {
        private readonly Dictionary<int, LedgerLine> _lines = [];

        public void Add(in GoneReadings gone)
        {
            if (!_lines.TryGetValue(gone.Source, out var line)) _lines[gone.Source] = line = new();
            line.Journalled += gone.Readings;
            line.Stored += gone.Stored;
            line.Duplicate += gone.Readings - gone.Stored;
        }

        public void Add(in Reading latest) => store.PutRow(latest);

        public void Add(in PointWindow window) => store.PutRow(transaction, window);

        public void Add(in AssetWindow total) => store.PutRow(total);

        public void PutLedger()
        {
            foreach (var (source, line) in _lines) Rows.WriteLedger(source, line, (entry, count) => store._putLedger.Run(transaction, source, entry, count));
        }
    }
}
