using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>
/// Where the twins' facts go. Rows replace rows of the same key and can be read back at once, before they are committed.
/// </summary>
public interface ITwinStore : ITotalsSource
{
    /// <summary>An empty window takes the stored one of its key away: a revision may have emptied it.</summary>
    void Put(in PointWindow window);

    /// <summary>An asset's own total, with the epoch and revision that order it.</summary>
    void Put(in Delta total);

    void PutLatest(in Reading latest);
}
