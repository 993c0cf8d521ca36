using System.Text;
using MekongTwin.Domain.Access;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;

namespace MekongTwin.Ingest.Tests.Payloads;

/// <summary>Admission over a small model with two cities, and everything that reached the journal.</summary>
internal sealed class PayloadDoor
{
    public const string Power = "mt/v1/vn-dad/tx/1/P";
    public const string Yangon = "mt/v1/mm-ygn/st/1/T";
    public const string Pack = "mt/v1/vn-dad/senml/meter-1";

    /// <summary>2026-11-21T01:00:00Z.</summary>
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 8, 0, 0, TimeSpan.FromHours(7));

    private readonly Frames _journal = new();
    private readonly Dictionary<string, Route> _routes = new(StringComparer.Ordinal);
    private int _routesVersion;

    public PayloadDoor()
    {
        Admissions = new Admissions(_journal, null!, new FakeTime(Now), Model, new Dictionary<int, string> { [1] = "test" }, new AdmissionOptions());
        Source = Admissions.Open("test", Principal.Open);
    }

    public static long NowUs => Instant.From(Now);

    public static Model Model { get; } = new(
        [new City("vn-dad", "Da Nang", "VN", "Asia/Ho_Chi_Minh"), new City("mm-ygn", "Yangon", "MM", "Asia/Yangon")],
        [new Asset(0, new("vn-dad"), AssetKind.City, ""), new Asset(1, new("vn-dad/tx/1"), AssetKind.Transformer, ""), new Asset(2, new("mm-ygn"), AssetKind.City, ""), new Asset(3, new("mm-ygn/st/1"), AssetKind.Station, "")],
        [Point(0, 1, "P", "kW") with { MinMicro = -5_000_000_000, MaxMicro = 5_000_000_000 }, Point(1, 1, "V", "V"), Point(2, 3, "T", "Cel"), Point(3, 1, "E", "kWh")],
        [new DeviceMapping("vn-dad", "meter-1", 1)],
        [new NameMapping("urn:dev:ow:10e2073a01080063", 1), new NameMapping("urn:dev:ow:10e2073a01080063:voltage", 1), new NameMapping("urn:dev:ow:10e2073a01080063:current", 0)]);

    public Admissions Admissions { get; }

    public ISource Source { get; }

    public IReadOnlyList<Reading> Readings => _journal.Readings;

    public IReadOnlyList<QuarantineEntry> Aside => _journal.Aside;

    public IReadOnlyDictionary<Refusal, int> Refused => _journal.Refused;

    public Admission Admit(string topic, string payload) => Admit(topic, Encoding.UTF8.GetBytes(payload));

    /// <summary>Admits one publish and submits it.</summary>
    public Admission Admit(string topic, ReadOnlySpan<byte> payload)
    {
        var bytes = Encoding.UTF8.GetBytes(topic);
        // As a connection does that stays open.
        if (Source.RoutesVersion != _routesVersion) _routes.Clear();
        _routesVersion = Source.RoutesVersion;
        if (!_routes.TryGetValue(topic, out var route)) _routes[topic] = route = Source.Resolve(bytes);
        var admission = Source.Admit(route, bytes, payload);
        Assert.True(Source.SubmitAsync(CancellationToken.None).AsTask().IsCompletedSuccessfully);
        return admission;
    }

    public void Forget() => _journal.Clear();

    private static Point Point(int number, int asset, string metric, string unit) =>
        new(number, asset, metric, UnitTable.TryFind(unit, out var found) ? found : throw new ArgumentException(unit), PointKind.Gauge, Instant.Hour);

    private sealed class Frames : IJournalWriter
    {
        public List<Reading> Readings { get; } = [];

        public List<QuarantineEntry> Aside { get; } = [];

        public Dictionary<Refusal, int> Refused { get; } = [];

        public void Clear()
        {
            Readings.Clear();
            Aside.Clear();
            Refused.Clear();
        }

        public bool TryAppend(ReadOnlySpan<byte> frames, bool urgent, out long ticket)
        {
            ticket = 1;
            while (Frame.TryRead(ref frames, out var frame))
            {
                if (frame.Kind == FrameKind.Quarantine) Aside.Add(QuarantineEntry.Read(frame.Body));
                if (frame.Kind != FrameKind.Readings) continue;
                var readings = new ReadingsFrame(frame.Body);
                Readings.AddRange(readings.Readings);
                for (var i = 0; i < readings.RefusalCount; i++)
                {
                    var (reason, count) = readings.RefusalAt(i);
                    Refused[reason] = Refused.GetValueOrDefault(reason) + count;
                }
            }
            Assert.True(frames.IsEmpty);
            return true;
        }

        public ValueTask WaitRoomAsync(CancellationToken ct) => ValueTask.CompletedTask;
    }
}
