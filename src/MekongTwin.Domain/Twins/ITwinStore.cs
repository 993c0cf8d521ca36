using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>
/// Where the twins' facts go. Rows replace rows of the same key and can be read back at once, before they are committed.
/// </summary>
public interface ITwinStore : ITotalsSource, IWindowSource
{
    /// <summary>An empty window takes the stored one of its key away: a revision may have emptied it.</summary>
    void Put(in PointWindow window);

    /// <summary>What an asset adds to a window. It is stored together with all that was put with it, or not at all.</summary>
    void Put(in AssetWindow total);

    void PutLatest(in Reading latest);

    /// <summary>Replaces what was set aside of a point's readings from a source.</summary>
    void Put(in SetAsideReadings readings);

    /// <summary>Nothing of the point is set aside any more.</summary>
    void ForgetSetAside(int point);

    /// <summary>Everything that is set aside, at start-up.</summary>
    IReadOnlyList<SetAsideReadings> ReadSetAside();
}
