namespace MekongTwin.Engines.Ageing;

/// <summary>Paper of a transformer's windings.</summary>
public enum Insulation
{
    /// <summary>Plain kraft paper: normal ageing at a hot spot of 98 °C, twice as fast every 6 K.</summary>
    Plain,

    /// <summary>Thermally upgraded: normal ageing at 110 °C, Arrhenius with 15,000 K.</summary>
    Upgraded,
}

/// <summary>Relative ageing rate V of IEC 60076-7.</summary>
public static class AgeingRate
{
    internal const double PlainC = 98;
    internal const double DoublingK = 6;
    internal const double UpgradedC = 110;
    internal const double ArrheniusK = 15_000;
    internal const double ZeroC = 273;

    /// <summary>Hours of normal life that an hour at this hot spot takes.</summary>
    public static double At(double hotSpotC, Insulation insulation) => insulation == Insulation.Plain
        ? Math.Exp(Math.Log(2) / DoublingK * (hotSpotC - PlainC))
        : Math.Exp((ArrheniusK / (UpgradedC + ZeroC)) - (ArrheniusK / (hotSpotC + ZeroC)));
}
