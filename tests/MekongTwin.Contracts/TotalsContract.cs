using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Contracts;

/// <summary>
/// What parents keep over every store: deltas that come twice, in any order, long after newer ones and from epochs before a
/// restart leave every total the sum of what each child said last.
/// </summary>
public abstract class TotalsContract
{
    private static readonly Dictionary<int, int[]> Children = new() { [8] = [1, 2], [9] = [3, 4, 5], [10] = [8, 9] };

    /// <summary>Opens an empty store, or opens one again: what was put into it is there.</summary>
    protected abstract ITwinStore Open(ITwinStore? before);

    /// <summary>Ends a store.</summary>
    protected virtual void Close(ITwinStore store)
    {
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RepeatedReorderedAndOutdatedDeltasAcrossRestartsLeaveTheOraclesTotals(int seed)
    {
        var random = new Random(seed);
        var underWay = new List<Delta>();
        var newest = new Dictionary<(int Child, long StartUs), Delta>();
        var store = Open(null);
        for (var epoch = 1; epoch <= 4; epoch++)
        {
            var parents = Children.ToDictionary(pair => pair.Key, pair => new TotalsTwin(pair.Key, pair.Value, epoch));
            var revision = 0;
            for (var step = 0; step < 80; step++)
            {
                if (random.Next(3) == 0) Say(new(random.Next(1, 6), SmallCity.StartUs + random.Next(3) * Instant.Quarter, epoch, ++revision, new() { EnergyKwh = random.Next(100), Meters = 1 }));
                else Deliver(parents, isLast: false);
            }
            // What is still under way at the last restart arrives after it, once.
            while (epoch == 4 && underWay.Count > 0) Deliver(parents, isLast: true);
            if (epoch < 4) store = Open(store);
        }
        foreach (var window in newest.Values.Select(delta => delta.StartUs).Distinct())
        {
            Contribution Own(int child) => Children.TryGetValue(child, out var below) ? Sum(below) : newest.GetValueOrDefault((child, window)).Contribution;
            Contribution Sum(int[] children) => children.Aggregate(default(Contribution), (sum, child) => sum + Own(child));
            foreach (var (parent, children) in Children)
            {
                store.TryReadTotal(parent, window, out var total);
                Assert.Equal(Sum(children), total.Contribution);
            }
        }
        Close(store);

        // A child stores what it says; the message about it travels on its own.
        void Say(Delta delta)
        {
            if (delta.Child < 8) newest[(delta.Child, delta.StartUs)] = delta;
            store.Put(delta);
            underWay.Add(delta);
        }

        void Deliver(Dictionary<int, TotalsTwin> parents, bool isLast)
        {
            if (underWay.Count == 0) return;
            var at = random.Next(underWay.Count);
            var delta = underWay[at];
            if (isLast || random.Next(3) > 0) underWay.RemoveAt(at);
            foreach (var parent in parents.Values.Where(parent => parent.Children.Contains(delta.Child)))
            {
                if (!parent.Take(delta, store)) continue;
                var totals = new List<Delta>();
                parent.Settle(totals);
                totals.ForEach(Say);
            }
        }
    }
}
