using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Grains;

/// <summary>An asset with points of its own: transformer, detector, station. Keyed <c>region|path</c>.</summary>
[Alias("mt.asset")]
public interface IAssetGrain : IGrainWithStringKey
{
    /// <summary>One turn: folds readings of this asset's points and gives what it adds to its parents.</summary>
    [Alias("fold")]
    Task<WireFolded> FoldAsync(WireShare share);
}

/// <summary>An asset whose totals come from below: feeder, substation, traffic zone, district, city. Keyed <c>region|path</c>.</summary>
[Alias("mt.totals")]
public interface ITotalsGrain : IGrainWithStringKey
{
    /// <summary>Takes the children's deltas and gives its own for its parents.</summary>
    [Alias("take")]
    Task<Delta[]> TakeAsync(Delta[] deltas);
}
