using System.Buffers.Binary;
using System.Security.Cryptography;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Store;

namespace MekongTwin.Host.Running;

/// <summary>
/// The facts' hash, the same in both editions: SHA-256 over all latest values, then all windows, then all totals, each in the
/// order of points or assets and time. A total of nothing is no fact.
/// </summary>
internal sealed class FactsHash : IDisposable
{
    private const int RowSize = 160;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Add(in Reading latest) =>
        AddRow(0, latest.Point, latest.TimeUs, latest.Value, latest.Revision, (long)latest.Quality, (long)latest.Flags);

    public void Add(in PointWindow window) =>
        AddRow(1, window.Point, window.StartUs, window.Count, window.Bad, window.Uncertain, (long)(window.Sum >> 64), (long)(ulong)(window.Sum & ulong.MaxValue), window.Min, window.Max, window.Last, window.LastTimeUs, window.IntegralMicro, window.CoveredUs);

    public void Add(in AssetWindow total)
    {
        var sum = total.Total;
        if (sum.IsZero) return;
        AddRow(2, total.Asset, total.StartUs, sum.EnergyKwh, sum.EnergyCoveredUs, sum.Meters, sum.ReactiveKvarh, sum.ReactiveCoveredUs, sum.ReactiveMeters, sum.Vehicles, sum.VehicleKm, sum.VehicleHours, sum.FreeVehicleHours, sum.TrafficCoveredUs, sum.Detectors, sum.OccupancyHours, sum.OccupancyCoveredUs);
    }

    /// <summary>The hash of what was added.</summary>
    public string Take() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();

    /// <summary>The hash of what a projection holds.</summary>
    public static string OfStored(TwinStore store, TwinQueries queries)
    {
        using var hash = new FactsHash();
        foreach (var latest in store.ReadLatest()) hash.Add(latest);
        foreach (var window in queries.AllPointWindows()) hash.Add(window);
        foreach (var total in queries.AllAssetWindows()) hash.Add(total);
        return hash.Take();
    }

    private void AddRow(params ReadOnlySpan<long> values)
    {
        Span<byte> row = stackalloc byte[RowSize];
        row.Clear();
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(row[(i * 8)..], values[i]);
        _hash.AppendData(row);
    }
}
