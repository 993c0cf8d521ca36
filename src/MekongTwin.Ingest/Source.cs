using System.Runtime.InteropServices;
using System.Text;
using MekongTwin.Domain.Access;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;
using MekongTwin.Ingest.Payloads;
using MekongTwin.Ingest.Routing;

namespace MekongTwin.Ingest;

/// <summary>
/// One connection's admission. A batch is one frame built in place: header, readings, then the counts of what was refused;
/// what goes to quarantine follows in frames of its own.
/// </summary>
internal sealed class Source : ISource
{
    /// <summary>Readings in one frame; a larger batch becomes several.</summary>
    private const int FrameReadingsMax = 32 << 10;

    /// <summary>Longest topic that a mapped record name is looked up under.</summary>
    private const int TopicMax = 1024;

    /// <summary>Longest record name, base name included.</summary>
    private const int NameMax = 256;

    private const int HeaderSize = Frame.HeaderSize + ReadingsFrame.BodyHeaderSize;

    private readonly Admissions _admissions;
    private readonly string _name;
    private int _number;
    private Admissions.DoorCount? _count;
    private readonly bool _mayPublish;
    private readonly int[] _refused = new int[Enum.GetValues<Refusal>().Length];
    private readonly List<byte[]> _aside = [];
    private readonly LastUnit _units = new();
    private RouteTable _table;
    private Reading[] _readings = new Reading[256];
    private byte[] _frame = new byte[4096];
    private int _readingCount;
    private int _received;
    private long _receivedUs;
    private bool _refusedAny;
    private long _lastTicket;

    public Source(Admissions admissions, string name, Principal principal)
    {
        _admissions = admissions;
        _name = name;
        _mayPublish = principal.MayPublish;
        _table = admissions.Table;
    }

    public int RoutesVersion
    {
        get
        {
            // What a batch resolved holds until it is submitted; between two, the next message already goes by the newest model.
            if (!HasBatch) _table = _admissions.Table;
            return _table.Version;
        }
    }

    public bool HasBatch => _received > 0;

    public Route Resolve(ReadOnlySpan<byte> topic) => _table.Resolve(topic);

    public Admission Admit(Route route, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (_count is null) (_number, _count) = _admissions.Register(_name);
        if (_received == 0) _receivedUs = Instant.From(_admissions.Clock.GetUtcNow());
        if (!_mayPublish) return Refuse(Refusal.NotPermitted);
        var mark = (Readings: _readingCount, Received: _received, Aside: _aside.Count);
        try
        {
            return Admit(_table[route], topic, payload);
        }
        catch (Exception)
        {
            // A fault of ours must not cost the sender its stream: the message is kept whole, and named in quarantine.
            (_readingCount, _received) = (mark.Readings, mark.Received);
            _aside.RemoveRange(mark.Aside, _aside.Count - mark.Aside);
            return SetAside(Refusal.Undecodable, topic, payload);
        }
    }

    private Admission Admit(in RouteTarget target, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload) => target.Kind switch
        {
            RouteKind.Point => AdmitPlain(target, topic, payload),
            RouteKind.Senml or RouteKind.SenmlUnmapped => AdmitSenml(target, topic, payload),
            RouteKind.Unknown => AdmitUnknown(target, topic, payload),
            _ => Refuse(Refusal.TopicNotServed),
        };

    public async ValueTask<long> SubmitAsync(CancellationToken ct)
    {
        if (!HasBatch) return _lastTicket;
        if (_admissions.TakeUnwrittenName(_number) is { } name) await AppendNameAsync(name, ct);
        foreach (var frame in _aside) await AppendAsync(frame, 1, ct);
        for (var from = 0; from < _readingCount || _refusedAny; from += FrameReadingsMax)
        {
            var readings = Math.Max(0, Math.Min(FrameReadingsMax, _readingCount - from));
            var size = WriteFrame(_readings.AsSpan(from, readings), out var refused);
            await AppendAsync(_frame.AsMemory(0, size), readings + refused, ct);
        }
        _aside.Clear();
        _readingCount = 0;
        _received = 0;
        return _lastTicket;
    }

    public void Dispose()
    {
        // What was not submitted was not acknowledged.
    }

    /// <summary>Appends a frame and counts its readings as received; what is given up before it is in the journal was not received.</summary>
    private async ValueTask AppendAsync(ReadOnlyMemory<byte> frame, int readings, CancellationToken ct)
    {
        Interlocked.Add(ref _count!.Received, readings);
        try
        {
            while (!_admissions.Journal.TryAppend(frame.Span, urgent: false, out _lastTicket)) await _admissions.Journal.WaitRoomAsync(ct);
        }
        catch
        {
            Interlocked.Add(ref _count!.Received, -readings);
            throw;
        }
    }

    /// <summary>A name that found no room when the source was opened goes in front of its first readings.</summary>
    private async ValueTask AppendNameAsync(byte[] name, CancellationToken ct)
    {
        try
        {
            await AppendAsync(name, 0, ct);
        }
        catch
        {
            _admissions.KeepUnwrittenName(_number, name);
            throw;
        }
    }

    private int WriteFrame(ReadOnlySpan<Reading> readings, out int refused)
    {
        var reasons = 0;
        refused = 0;
        foreach (var count in _refused)
        {
            refused += count;
            if (count > 0) reasons++;
        }
        var size = HeaderSize + readings.Length * Reading.Size + reasons * ReadingsFrame.RefusalSize;
        if (_frame.Length < size) _frame = new byte[Math.Max(size, _frame.Length * 2)];
        var frame = _frame.AsSpan(0, size);
        Frame.WriteHeader(frame, FrameKind.Readings);
        ReadingsFrame.WriteBodyHeader(frame[Frame.HeaderSize..], _number, readings.Length, _receivedUs, reasons);
        MemoryMarshal.AsBytes(readings).CopyTo(frame[HeaderSize..]);
        var at = HeaderSize + readings.Length * Reading.Size;
        for (var reason = 0; reason < _refused.Length; reason++)
        {
            if (_refused[reason] == 0) continue;
            ReadingsFrame.WriteRefusal(frame[at..], (Refusal)reason, _refused[reason]);
            at += ReadingsFrame.RefusalSize;
        }
        Array.Clear(_refused);
        _refusedAny = false;
        return size;
    }

    private Admission AdmitPlain(in RouteTarget target, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (!PlainPayload.TryDecode(payload, out var value, out var unit)) return SetAside(Refusal.Undecodable, topic, payload);
        return AdmitValue(_table.Point(target.Number), value, unit, topic, default, payload);
    }

    private Admission AdmitUnknown(in RouteTarget target, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (!PlainPayload.TryDecode(payload, out var value, out var unit)) return SetAside(Refusal.Undecodable, topic, payload);
        return SetAside(Refusal.UnknownPoint, topic, default, unit, value, TimeOf(value, target.City), payload);
    }

    /// <summary>A pack counts whole or not at all: a fault in it takes back what came before.</summary>
    private Admission AdmitSenml(in RouteTarget target, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        var mark = (_readingCount, _received, Aside: _aside.Count);
        Span<int> refused = stackalloc int[_refused.Length];
        _refused.CopyTo(refused);
        var pack = new SenmlPack(payload, _receivedUs);
        var best = Admission.Rejected;
        while (pack.MoveNext())
        {
            if (!pack.Current.HasValue) continue;
            var admission = AdmitRecord(target, topic, pack.Current);
            if (admission < best) best = admission;
        }
        if (pack.IsComplete && _received > mark._received) return best;
        (_readingCount, _received) = (mark._readingCount, mark._received);
        _aside.RemoveRange(mark.Aside, _aside.Count - mark.Aside);
        refused.CopyTo(_refused);
        return SetAside(Refusal.Undecodable, topic, payload);
    }

    private Admission AdmitRecord(in RouteTarget target, ReadOnlySpan<byte> topic, in SenmlRecord record)
    {
        if (record.IsUnsupported || record.BaseName.Length + record.Name.Length > NameMax) return SetAside(Refusal.Undecodable, topic, record.Text);
        var point = -1;
        if (target.Number >= 0 && record.BaseName.IsEmpty) point = _table.FindPoint(target.Number, record.Name);
        if (point >= 0) return AdmitValue(_table.Point(point), record.Value, record.Unit, topic, record.Name, record.Text);
        return AdmitNamed(target, topic, record);
    }

    /// <summary>A record whose point is not simply its device's metric.</summary>
    private Admission AdmitNamed(in RouteTarget target, ReadOnlySpan<byte> topic, in SenmlRecord record)
    {
        Span<byte> full = stackalloc byte[NameMax];
        record.BaseName.CopyTo(full);
        record.Name.CopyTo(full[record.BaseName.Length..]);
        var name = full[..(record.BaseName.Length + record.Name.Length)];
        var point = _table.FindPoint(name);
        if (point < 0 && target.Number >= 0) point = _table.FindPoint(target.Number, record.Name);
        if (point < 0) point = FindMapped(topic, name);
        if (point >= 0) return AdmitValue(_table.Point(point), record.Value, record.Unit, topic, name, record.Text);
        return SetAside(Refusal.UnknownPoint, topic, name, record.Unit, record.Value, TimeOf(record.Value, target.City), record.Text);
    }

    /// <summary>A record's name as a person mapped it: under its own topic only (<see cref="NameMapping.OfRecord"/>).</summary>
    private int FindMapped(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> name)
    {
        Span<byte> key = stackalloc byte[TopicMax + 1 + NameMax];
        if (topic.Length + 1 + name.Length > key.Length) return -1;
        topic.CopyTo(key);
        key[topic.Length] = (byte)'\n';
        name.CopyTo(key[(topic.Length + 1)..]);
        return _table.FindPoint(key[..(topic.Length + 1 + name.Length)]);
    }

    private Admission AdmitValue(Point point, in DecodedValue value, ReadOnlySpan<byte> unitCode, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        var city = _table.CityOf(point);
        var conversion = UnitConversion.None;
        if (!unitCode.IsEmpty && !_units.TryConvert(unitCode, point.Unit, out conversion))
            return SetAside(Refusal.UnknownUnit, topic, name, unitCode, value, TimeOf(value, city), text);
        if (!conversion.TryApply(value.Mantissa, value.Exponent, out var micro)) return Refuse(Refusal.ValueOutOfRange);
        var time = TimeOf(value, city);
        var refusal = Implausible(time, city);
        if (refusal != Refusal.None) return Ledger.IsQuarantine(refusal) ? SetAside(refusal, topic, name, unitCode, value, time, text) : Refuse(refusal);
        var quality = micro < point.MinMicro || micro > point.MaxMicro ? Quality.Bad : value.Quality;
        if (_readingCount == _readings.Length) Array.Resize(ref _readings, _readingCount * 2);
        _readings[_readingCount++] = new(time, micro, point.Number, value.Revision, quality, FlagsOf(value));
        _received++;
        return Admission.Admitted;
    }

    private static ReadingFlags FlagsOf(in DecodedValue value) =>
        (value.Historical ? ReadingFlags.Historical : 0) | (value.Time == TimeGiven.None ? ReadingFlags.ReceiveTime : 0);

    private long TimeOf(in DecodedValue value, int city) => value.Time switch
    {
        TimeGiven.None => _receivedUs,
        TimeGiven.Local when city >= 0 => value.TimeUs - OffsetUs(value.TimeUs, city),
        _ => value.TimeUs,
    };

    private long OffsetUs(long localUs, int city) =>
        _table.Calendars[city].Zone.GetUtcOffset(Instant.ToTime(localUs).DateTime).Ticks / TimeSpan.TicksPerMicrosecond;

    private Refusal Implausible(long timeUs, int city)
    {
        if (timeUs > _receivedUs + _admissions.FutureToleranceUs) return Refusal.FutureTime;
        if (timeUs < Admissions.AncientUs) return Refusal.AncientTime;
        return timeUs < _receivedUs - (_table.KeepUs[city] ?? _admissions.RetentionUs) ? Refusal.Expired : Refusal.None;
    }

    private Admission Refuse(Refusal reason)
    {
        _refused[(int)reason]++;
        _refusedAny = true;
        _received++;
        return reason is Refusal.TopicNotServed or Refusal.NotPermitted ? Admission.Rejected : Admission.Refused;
    }

    private Admission SetAside(Refusal reason, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload) =>
        SetAside(new(_number, _receivedUs, reason, Text(topic), "", "", _receivedUs, 0, 0, Quality.Bad, ReadingFlags.None, payload[..Math.Min(payload.Length, QuarantineEntry.PayloadMax)].ToArray()));

    private Admission SetAside(Refusal reason, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> name, ReadOnlySpan<byte> unit, in DecodedValue value, long timeUs, ReadOnlySpan<byte> text) =>
        SetAside(new(_number, _receivedUs, reason, Text(topic), Text(name), Text(unit[..Math.Min(unit.Length, 16)]), timeUs, value.Mantissa, value.Exponent, value.Quality, FlagsOf(value), text[..Math.Min(text.Length, QuarantineEntry.SampleMax)].ToArray()));

    private Admission SetAside(QuarantineEntry entry)
    {
        _aside.Add(entry.ToFrame());
        _received++;
        return entry.Reason == Refusal.Undecodable ? Admission.Undecodable : Admission.Quarantined;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
