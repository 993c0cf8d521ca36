using MekongTwin.Domain.Assets;

namespace MekongTwin.Domain.Tests.Assets;

public sealed class AssetIds
{
    [Theory]
    [InlineData("vn-dad", true)]
    [InlineData("vn-dad/hai-chau/tx/0412", true)]
    [InlineData("vn-dad2", false)]
    [InlineData("vn-dad2/tx/1", false)]
    [InlineData("vn-da", false)]
    [InlineData("la-vte/vn-dad", false)]
    public void ACityHoldsItselfAndWhatLiesBelowIt(string path, bool isIn) => Assert.Equal(isIn, new AssetId(path).IsIn("vn-dad"));
}
