using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Twins;

namespace MekongTwin.Silo.Grains;

/// <summary>The door of one <see cref="TotalsTwin"/>.</summary>
internal sealed class TotalsGrain(Regions regions) : Grain, ITotalsGrain
{
    private readonly List<Delta> _up = [];
    private Region _region = null!;
    private TotalsTwin _twin = null!;

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        (_region, var asset) = regions.ResolveAsset(this.GetPrimaryKeyString());
        var children = _region.Model.ChildrenByParent()[asset.Number].Select(child => child.Number);
        _twin = new(asset.Number, children, await _region.NextEpochAsync(ct));
    }

    public Task<Delta[]> TakeAsync(Delta[] deltas)
    {
        _up.Clear();
        foreach (var delta in deltas) _twin.Take(delta, _region.Store);
        _twin.Settle(_up);
        // Before they are sent: another partition may make the parent open the window meanwhile.
        foreach (var delta in _up) _region.Store.Put(delta);
        return Task.FromResult(_up.ToArray());
    }
}
