using FsCheck.Fluent;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Engines.Tests.Demand;

public sealed class SunFacts
{
    private static readonly Place DaNang = ClimateNormals.DaNang.Place;

    /// <summary>At noon of the solstice the sun stands north of Da Nang at 90° less (23.44° − 16.06°), at that of December south at 90° − 39.5°.</summary>
    [Theory]
    [InlineData(6, 21, 82.6, 0)]
    [InlineData(12, 21, 50.5, 180)]
    public void The_sun_at_noon_is_where_it_should_be(int month, int day, double elevationDegrees, double azimuthDegrees)
    {
        var best = Enumerable.Range(0, 24 * 60).Select(minute => Sun.Position(new DateTime(2026, month, day).AddMinutes(minute), DaNang)).MaxBy(static at => at.SineElevation);
        Assert.Equal(elevationDegrees, Math.Asin(best.SineElevation) * 180 / Math.PI, 0.3);
        var off = Math.Abs((best.AzimuthRad * 180 / Math.PI) - azimuthDegrees);
        Assert.True(Math.Min(off, 360 - off) < 3, $"azimuth {best.AzimuthRad * 180 / Math.PI}");
    }

    [Fact]
    public void Morning_is_east_and_evening_west()
    {
        Assert.InRange(Sun.Position(new(2026, 3, 20, 7, 0, 0), DaNang).AzimuthRad, 0, Math.PI);
        Assert.InRange(Sun.Position(new(2026, 3, 20, 17, 0, 0), DaNang).AzimuthRad, Math.PI, 2 * Math.PI);
        Assert.True(Sun.Position(new(2026, 3, 20, 0, 0, 0), DaNang).SineElevation < 0);
    }

    [Fact]
    public void A_flat_plane_gets_the_global_irradiance_and_a_tilted_one_no_more_than_the_sun_has() =>
        Law.Holds(
            from minute in Gen.Choose(0, (24 * 60) - 1)
            from day in Gen.Choose(0, 364)
            from share in Gen.Choose(0, 100)
            from tilt in Gen.Choose(0, 90)
            from azimuth in Gen.Choose(0, 359)
            select (new DateTime(2026, 1, 1).AddDays(day).AddMinutes(minute), share / 100.0, (double)tilt, (double)azimuth),
            static plane =>
            {
                var (time, share, tilt, azimuth) = plane;
                var sine = Sun.Position(time, DaNang).SineElevation;
                var global = share * Sun.ClearSkyWm2(sine);
                Assert.Equal(global, Sun.OnPlane(global, time, DaNang, 0, azimuth));
                Assert.InRange(Sun.OnPlane(global, time, DaNang, tilt, azimuth), 0, 1361 * 1.4);
            });
}
