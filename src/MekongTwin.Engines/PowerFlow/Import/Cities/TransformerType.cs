namespace MekongTwin.Engines.PowerFlow.Import.Cities;

/// <summary>
/// What a city folder does not say of a distribution transformer, as shares of its rating: typical of oil transformers of 100 to
/// 1,000 kVA, assumed. Its tap is taken as neutral.
/// </summary>
internal static class TransformerType
{
    public const double NoLoadLoss = 0.0018;
    public const double MagnetisingCurrent = 0.012;
    public const double R = 0.0115;
    public const double X = 0.038;

    /// <summary>Line-to-line voltage of the low-voltage side, kV.</summary>
    public const double LowKv = 0.4;
}
