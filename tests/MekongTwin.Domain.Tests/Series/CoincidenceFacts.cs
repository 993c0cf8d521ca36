using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Tests.Series;

public sealed class CoincidenceFacts
{
    private static readonly Model City = SmallCity.Make();

    private static int Number(string path) => City.FindAsset("vn-dad/" + path)!.Number;

    /// <summary>A window of so many kW, fully covered unless said otherwise.</summary>
    private static AssetWindow Window(int asset, int quarter, double kW, double covered = 1, int meters = 1) => new(asset, SmallCity.StartUs + quarter * Instant.Quarter, new()
    {
        EnergyKwh = (long)(kW * 250_000 * covered),
        EnergyCoveredUs = (long)(Instant.Quarter * covered) * meters,
        Meters = meters,
    });

    [Fact]
    public void PeaksThatDoNotCoincideGiveAFactorBelowOneInBothTrees()
    {
        // Transformers 0 and 4 are on feeder 0; 0 is in the first district, 4 in the second.
        var (first, second, feeder, district) = (Number("tx/000"), Number("tx/004"), Number("fd/0"), Number("hai-chau"));
        var factors = CoincidenceFactors.Of(City,
        [
            Window(first, 0, 100), Window(first, 1, 20), Window(second, 0, 10), Window(second, 1, 60),
            Window(feeder, 0, 110, meters: 1), Window(feeder, 1, 80, meters: 1), Window(district, 0, 100), Window(district, 1, 20),
        ]);
        Assert.Equal(110.0 / 160, factors[feeder], 9);
        Assert.Equal(1, factors[district], 9);
        Assert.Equal(2, factors.Count);
    }

    [Fact]
    public void AWindowMeasuredLessThanHalfAsWellAsTheBestIsNoPeak()
    {
        var (transformer, feeder) = (Number("tx/000"), Number("fd/0"));
        var factors = CoincidenceFactors.Of(City, [Window(transformer, 0, 100), Window(transformer, 1, 900, covered: 0.4), Window(feeder, 0, 80), Window(feeder, 1, 900, covered: 0.4)]);
        Assert.Equal(0.8, factors[feeder], 9);
    }

    [Fact]
    public void NothingMeasuredIsNoFactor()
    {
        Assert.Empty(CoincidenceFactors.Of(City, []));
        Assert.Empty(CoincidenceFactors.Of(City, [Window(Number("tx/000"), 0, 0, covered: 0), Window(Number("fd/0"), 0, 5)]));
    }
}
