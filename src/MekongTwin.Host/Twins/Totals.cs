using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Host.Twins;

/// <summary>The twins whose totals come from below: lets deltas climb both trees.</summary>
internal sealed class Totals
{
    private readonly long _epoch;
    private Model _model = Model.Empty;
    private TotalsTwin?[] _twins = [];
    private int[] _levels = [];

    public Totals(Model model, long epoch)
    {
        _epoch = epoch;
        Extend(model);
    }

    /// <summary>Goes on under a model with more in it. Between turns.</summary>
    public void Extend(Model model)
    {
        _model = model;
        var children = model.ChildrenByParent();
        Array.Resize(ref _twins, model.Assets.Length);
        foreach (var below in children)
        {
            var numbers = below.Select(child => child.Number);
            if (_twins[below.Key] is { } twin) twin.Adopt(numbers);
            else _twins[below.Key] = new(below.Key, numbers, _epoch);
        }
        _levels = [.. model.Assets.Select(asset => Height(asset.Number, children))];
    }

    /// <summary>Parents take deltas lowest level first, so that each settles once a batch. Gives the totals that changed.</summary>
    public List<Delta> Climb(List<Delta> deltas, ITotalsSource source)
    {
        var totals = new List<Delta>();
        var touched = new SortedSet<(int Level, int Asset)>();
        Give(deltas, touched, source);
        while (touched.Count > 0)
        {
            var next = touched.Min;
            touched.Remove(next);
            var up = new List<Delta>();
            _twins[next.Asset]!.Settle(up);
            totals.AddRange(up);
            Give(up, touched, source);
        }
        return totals;
    }

    private void Give(List<Delta> deltas, SortedSet<(int Level, int Asset)> touched, ITotalsSource source)
    {
        foreach (var delta in deltas)
        {
            foreach (var parent in Model.ParentsAt(_model.Assets[delta.Child], delta.StartUs))
            {
                if (_twins[parent]!.Take(delta, source)) touched.Add((_levels[parent], parent));
            }
        }
    }

    private static int Height(int asset, ILookup<int, Asset> children) =>
        children.Contains(asset) ? 1 + children[asset].Max(child => Height(child.Number, children)) : 0;
}
