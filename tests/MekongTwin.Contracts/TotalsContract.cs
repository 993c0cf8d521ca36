using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Contracts;

/// <summary>
/// What parents hold over every store: contributions that replace each other in any order of windows, in any batches, across restarts, leave
/// every total the sum of what each child said last, in the tree that held at the window.
/// </summary>
public abstract class TotalsContract
{
    private const int Leaf = 6;

    /// <summary>Opens an empty store, or opens one again: what was put into it is there.</summary>
    protected abstract ITwinStore Open(ITwinStore? before);

    /// <summary>Ends a store.</summary>
    protected virtual void Close(ITwinStore store)
    {
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void WhatChildrenSaidLastAddsUpInEveryWindow(int seed)
    {
        var random = new Random(seed);
        var model = City(9);
        var newest = new Dictionary<(int Asset, long StartUs), Contribution>();
        var store = Open(null);
        var totals = new Totals(model);
        for (var step = 0; step < 120; step++)
        {
            if (random.Next(20) == 0) (store, totals) = (Open(store), new(model));
            if (step == 60) totals.Extend(model = City(12));
            var deltas = Enumerable.Range(0, random.Next(12)).Select(_ => Say(model, random, step)).ToList();
            foreach (var delta in deltas) newest[(delta.Asset, delta.StartUs)] = delta.Total;
            Climb(totals, deltas, store);
        }
        foreach (var startUs in newest.Keys.Select(key => key.StartUs).Distinct())
        {
            Contribution Sum(int asset) => asset >= Leaf
                ? newest.GetValueOrDefault((asset, startUs))
                : model.Assets.Where(child => Model.ParentsAt(child, startUs).Contains(asset)).Aggregate(default(Contribution), (sum, child) => sum + Sum(child.Number));
            for (var parent = 0; parent < Leaf; parent++) Assert.Equal(Sum(parent), store.ReadTotal(parent, startUs));
        }
        Close(store);
    }

    /// <summary>Folds a batch as the editions do: the store takes it behind the climb.</summary>
    protected static List<AssetWindow> Climb(Totals totals, List<AssetWindow> deltas, ITwinStore store)
    {
        var changed = totals.Climb(deltas, store);
        foreach (var window in deltas.Concat(changed)) store.Put(window);
        return changed;
    }

    /// <summary>A city, two districts of which one came later, a substation, two feeders, and leaves that hang in both trees.</summary>
    protected static Model City(int leaves)
    {
        var divided = At(6);
        List<Asset> assets =
        [
            new(0, new("x"), AssetKind.City, "x"), new(1, new("x/a"), AssetKind.District, "a") { AdministrativeParent = 0 }, new(2, new("x/b"), AssetKind.District, "b") { AdministrativeParent = 0 },
            new(3, new("x/ss"), AssetKind.Substation, "ss"), new(4, new("x/f1"), AssetKind.Feeder, "f1") { ElectricalParent = 3 }, new(5, new("x/f2"), AssetKind.Feeder, "f2") { ElectricalParent = 3 },
        ];
        for (var i = 0; i < leaves; i++)
        {
            assets.Add(new(Leaf + i, new($"x/t{i}"), AssetKind.Transformer, "t")
            {
                ElectricalParent = 4 + i % 2,
                AdministrativeParent = i % 3 == 0 ? 2 : 1,
                Former = i % 3 == 0 ? new(1, divided) : null,
            });
        }
        return new([new City("x", "X", "VN", "Asia/Ho_Chi_Minh")], [.. assets], [], [], []);
    }

    /// <summary>The start of a quarter, counted from any.</summary>
    protected static long At(int quarter) => SmallCity.StartUs + quarter * Instant.Quarter;

    /// <summary>Mostly of the newest quarter, which passes every five steps; of late ones, too, and of some to come, so that a batch may pass many.</summary>
    private static AssetWindow Say(Model model, Random random, int step)
    {
        var quarter = random.Next(12) switch { 0 => step / 5 + random.Next(12), < 4 => random.Next(step / 5 + 1), _ => step / 5 };
        return new(random.Next(Leaf, model.Assets.Length), At(quarter), random.Next(5) == 0 ? default : new() { EnergyKwh = random.Next(-50, 100), Meters = 1, Vehicles = random.Next(2) });
    }
}
