using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Tests.Twins;

/// <summary>Totals over a store in memory, and what they read of it.</summary>
public sealed class TotalsInMemory : TotalsContract
{
    protected override ITwinStore Open(ITwinStore? before) => before ?? new MemoryStore();

    [Fact]
    public void WhatIsSaidTwiceChangesNothing()
    {
        var (totals, store) = (new Totals(City(4)), new MemoryStore());
        Assert.Equal([0, 2, 3, 4], Climb(totals, [Kwh(6, 10, 10)], store).Select(total => total.Asset).Order());
        Assert.Empty(Climb(totals, [Kwh(6, 10, 10)], store));
        Assert.Empty(Climb(totals, [Kwh(6, 10, 11), Kwh(6, 10, 10)], store));
        Assert.Equal(10, store.ReadTotal(0, At(10)).EnergyKwh);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(Totals.HeldMax / 3)]
    public void ALateContributionReadsItsWayUpAndNothingElse(int leaves)
    {
        var (totals, store) = (new Totals(Wide(leaves)), new MemoryStore());
        for (var quarter = 0; quarter < 40; quarter++) Climb(totals, [Kwh(1, quarter, 1), Kwh(leaves, quarter, 5)], store);
        var reads = store.TotalsRead;
        Climb(totals, [Kwh(1, 39, 2)], store);
        Assert.Equal(reads, store.TotalsRead);
        Climb(totals, [Kwh(1, 3, 7)], store);
        Assert.Equal(reads + 2, store.TotalsRead);
        Assert.Equal((12, 7), (store.ReadTotal(0, At(3)).EnergyKwh, store.ReadTotal(0, At(39)).EnergyKwh));
    }

    [Fact]
    public void AfterARestartTheOtherChildrensStoredTotalsCount()
    {
        var (model, store) = (City(4), new MemoryStore());
        Climb(new(model), [Kwh(6, 0, 10), Kwh(7, 0, 20)], store);
        Climb(new(model), [Kwh(6, 0, 11)], store);
        Assert.Equal(31, store.ReadTotal(0, At(0)).EnergyKwh);
    }

    private static AssetWindow Kwh(int asset, int quarter, long energy) => new(asset, At(quarter), new() { EnergyKwh = energy, Meters = 1 });

    /// <summary>A city with so many leaves right below it.</summary>
    private static Model Wide(int leaves) => new(
        [new City("x", "X", "VN", "Asia/Ho_Chi_Minh")],
        [new(0, new("x"), AssetKind.City, "x"), .. Enumerable.Range(1, leaves).Select(number => new Asset(number, new($"x/t{number}"), AssetKind.Transformer, "t") { AdministrativeParent = 0 })],
        [], [], []);
}
