using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Grains;

/// <summary>An asset with points of its own: transformer, feeder, detector, station. Keyed <c>region|path</c>.</summary>
[Alias("mt.asset")]
public interface IAssetGrain : IGrainWithStringKey
{
    /// <summary>One turn: folds readings of this asset's points. The answer may want something of the past to be fetched first.</summary>
    [Alias("fold")]
    Task<WireFolded> FoldAsync(WireShare share);

    /// <summary>Goes on with the turn, when what was wanted has been fetched.</summary>
    [Alias("continue")]
    Task<WireFolded> ContinueAsync();
}
