using System.Runtime.InteropServices;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Silo.Storage;

/// <summary>An asset's newest readings and what is set aside of it.</summary>
internal sealed record AssetState(IReadOnlyList<Reading> Latest, IReadOnlyList<SetAsideReadings> SetAside);

/// <summary>
/// The bytes of facts in the database. Each begins with the number of its <see cref="StoredFormat"/>; a newer program reads the
/// older ones.
/// </summary>
internal static class FactsCodec
{
    public static byte[] Of(IReadOnlyCollection<PointWindow> windows, in Contribution sum)
    {
        var packer = new Packer().Put(StoredFormat.Written).Put(windows.Count);
        foreach (var window in windows)
        {
            packer.Put(window.Point).Put(window.Count).Put(window.Bad).Put(window.Uncertain).Put(window.Sum).Put(window.Min).Put(window.Max)
                .Put(window.Last).Put(window.LastTimeUs == long.MinValue ? -1 : window.LastTimeUs - window.StartUs).Put(window.IntegralMicro).Put(window.CoveredUs);
        }
        if (sum.IsZero) return packer.ToArray();
        return packer.Put(sum.EnergyKwh).Put(sum.EnergyCoveredUs).Put(sum.Meters).Put(sum.ReactiveKvarh).Put(sum.ReactiveCoveredUs).Put(sum.ReactiveMeters)
            .Put(sum.Vehicles).Put(sum.VehicleKm).Put(sum.VehicleHours).Put(sum.FreeVehicleHours).Put(sum.TrafficCoveredUs).Put(sum.Detectors)
            .Put(sum.OccupancyHours).Put(sum.OccupancyCoveredUs).ToArray();
    }

    public static (List<PointWindow> Windows, Contribution Sum) ReadWindows(ReadOnlySpan<byte> body, long startUs)
    {
        var from = Open(body);
        var windows = new List<PointWindow>(from.TakeInt());
        for (var left = windows.Capacity; left > 0; left--)
        {
            var (point, count, bad, uncertain) = (from.TakeInt(), from.TakeInt(), from.TakeInt(), from.TakeInt());
            var added = from.TakeWide();
            var (min, max, last, lastTime) = (from.Take(), from.Take(), from.Take(), from.Take());
            windows.Add(new(point, startUs, count, bad, uncertain, added, min, max, last, lastTime < 0 ? long.MinValue : startUs + lastTime, from.Take(), from.Take()));
        }
        if (from.IsEmpty) return (windows, default);
        var sum = new Contribution(from.Take(), from.Take(), from.TakeInt(), from.Take(), from.Take(), from.TakeInt(), from.Take(), from.Take(), from.Take(), from.Take(),
            from.Take(), from.TakeInt(), from.Take(), from.Take());
        return from.IsEmpty ? (windows, sum) : throw NotKnown("A quarter of an hour has more figures than this program knows");
    }

    public static byte[] Of(AssetState state)
    {
        var packer = new Packer().Put(StoredFormat.Written).Put(MemoryMarshal.AsBytes(state.Latest.ToArray().AsSpan()));
        foreach (var row in state.SetAside) packer.Put(row.Point).Put(row.Source).Put(row.Count).Put(row.FromUs).Put(row.ToUs);
        return packer.ToArray();
    }

    public static AssetState ReadState(ReadOnlySpan<byte> body)
    {
        var from = Open(body);
        var latest = ReadReadings(from.TakeBytes());
        var setAside = new List<SetAsideReadings>();
        while (!from.IsEmpty) setAside.Add(new(from.TakeInt(), from.TakeInt(), from.Take(), from.Take(), from.Take()));
        return new(latest, setAside);
    }

    public static byte[] Of(LedgerLine line)
    {
        var packer = new Packer().Put(StoredFormat.Written).Put(line.Journalled).Put(line.Stored).Put(line.Duplicate).Put(line.LastReceivedUs);
        foreach (var reason in Enum.GetValues<Refusal>()) packer.Put(line[reason]);
        return packer.ToArray();
    }

    /// <summary>Adds a line as it was written to another one.</summary>
    public static void AddTo(LedgerLine line, ReadOnlySpan<byte> body)
    {
        var from = Open(body);
        line.Journalled += from.Take();
        line.Stored += from.Take();
        line.Duplicate += from.Take();
        line.LastReceivedUs = Math.Max(line.LastReceivedUs, from.Take());
        // A line of an older program has fewer reasons.
        for (var reason = Refusal.None; !from.IsEmpty; reason++)
        {
            if (reason > Refusal.Discarded) throw NotKnown("An account has more reasons than this program knows");
            line[reason] += from.Take();
        }
    }

    public static byte[] Of(IEnumerable<(long Door, long Sequence)> doors)
    {
        var packer = new Packer().Put(StoredFormat.Written);
        foreach (var (door, sequence) in doors) packer.Put(door).Put(sequence);
        return packer.ToArray();
    }

    public static List<(long Door, long Sequence)> ReadDoors(ReadOnlySpan<byte> body)
    {
        var doors = new List<(long, long)>();
        if (body.IsEmpty) return doors;
        var from = Open(body);
        while (!from.IsEmpty) doors.Add((from.Take(), from.Take()));
        return doors;
    }

    public static byte[] Of(ReadOnlySpan<Reading> readings) => MemoryMarshal.AsBytes(readings).ToArray();

    public static Reading[] ReadReadings(ReadOnlySpan<byte> bytes)
    {
        // Bytes of the database may lie anywhere: they are copied to where readings may lie.
        var readings = new Reading[bytes.Length / Reading.Size];
        bytes.CopyTo(MemoryMarshal.AsBytes(readings.AsSpan()));
        return readings;
    }

    private static Unpacker Open(ReadOnlySpan<byte> body)
    {
        var from = new Unpacker(body);
        StoredFormat.Check(from.Take(), "Facts");
        return from;
    }

    private static InvalidDataException NotKnown(string what) => new($"{what}. {StoredFormat.Advice}");
}
