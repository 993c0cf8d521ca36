using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;

namespace MekongTwin.Domain.Tests.Assets;

public sealed class ModelDifferences
{
    private static readonly Model Small = SmallCity.Make();

    [Fact]
    public void TheSameModelHasNone() => Assert.Equal("", ModelDifference.Describe(Small, ModelMerge.Onto(Small, SmallCity.Make())));

    [Fact]
    public void ANewCityIsNamedWithWhatItBrings()
    {
        var said = ModelDifference.Describe(Model.Empty, Small);
        Assert.StartsWith($"city {Small.Cities[0].Id} ({Small.Cities[0].Name}) is new; ", said, StringComparison.Ordinal);
        Assert.Contains($"{Small.Assets.Length} assets are new ({Small.Assets[0].Id}, ...)", said, StringComparison.Ordinal);
    }

    [Fact]
    public void ChangesAreNamed()
    {
        var (city, asset) = (Small.Cities[0] with { Name = "Other" }, Small.Assets[1] with { Name = "Other" });
        var after = new Model([city, .. Small.Cities[1..]], Small.Assets.SetItem(1, asset), Small.Points, Small.Devices, Small.Names).WithNames([new NameMapping(NameMapping.OfRecord("gateway/7", "P"), 0)]);
        Assert.Equal($"city {city.Id} is called Other, not {Small.Cities[0].Name}; asset {asset.Id} is changed; mapping gateway/7 P is new", ModelDifference.Describe(Small, after));
        Assert.EndsWith("; mapping gateway/7 P is gone", ModelDifference.Describe(after, Small), StringComparison.Ordinal);
    }
}
