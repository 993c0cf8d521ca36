using System.Buffers;
using System.Buffers.Binary;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.History.Journal;

/// <summary>Writes a step of retention under a name of its own. Memory: a page.</summary>
internal sealed class HorizonWriter : ISettledFacts, IDisposable
{
    private const int PageBytes = 256 << 10;

    private readonly IJournalFile _file;
    private readonly ArrayBufferWriter<byte> _page = new(2 * PageBytes);
    private readonly int _step;
    private readonly long _journal;
    private HorizonFile.PageKind _kind = HorizonFile.PageKind.Horizon;
    private long _at = HorizonFile.HeaderSize;

    public HorizonWriter(IJournalFiles files, string name, Horizon horizon, long journal)
    {
        (_step, _journal) = (horizon.Step, journal);
        _file = files.Create(name);
        HorizonFile.WriteCities(horizon, _page);
        Close();
    }

    public void Add(in GoneReadings gone)
    {
        Open(HorizonFile.PageKind.Gone);
        SettledRows.Write(gone, _page);
    }

    public void Add(in Reading latest)
    {
        Open(HorizonFile.PageKind.Latest);
        SettledRows.Write(latest, _page);
    }

    public void Add(in PointWindow window)
    {
        Open(HorizonFile.PageKind.Windows);
        SettledRows.Write(window, _page);
    }

    public void Add(in AssetWindow total)
    {
        Open(HorizonFile.PageKind.Totals);
        SettledRows.Write(total, _page);
    }

    /// <summary>The file is whole now, and durable.</summary>
    public void Finish()
    {
        Close();
        _file.Write(0, HorizonFile.MakeHeader(_step, _journal, _at));
        _file.Sync();
    }

    public void Dispose() => _file.Dispose();

    private void Open(HorizonFile.PageKind kind)
    {
        if (kind != _kind || _page.WrittenCount >= PageBytes) Close();
        _kind = kind;
    }

    private void Close()
    {
        if (_page.WrittenCount == 0) return;
        var rows = SealedFrames.Deflate(_page.WrittenSpan);
        var header = new byte[HorizonFile.PageHeaderSize];
        BinaryPrimitives.WriteInt32LittleEndian(header, (int)_kind);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), rows.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), _page.WrittenCount);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), HorizonFile.PageChecksum(header, rows));
        _file.Write(_at, header);
        _file.Write(_at + header.Length, rows);
        _at += header.Length + rows.Length;
        _page.ResetWrittenCount();
    }
}
