namespace MekongTwin.Simulators.Model;

/// <summary>
/// What stands between the truth and a reading: the error of the meter's class, a constant of the meter, and for a few meters
/// a current transformer whose ratio was entered wrongly, so that every power they tell is off by that factor.
/// </summary>
internal readonly record struct Meter(double PowerGain, double VoltageGain)
{
    /// <summary>Errors of class 0.5, and of the voltage channel.</summary>
    private const double ClassError = 0.005;
    private const double VoltageError = 0.004;

    /// <summary>Share of the transformers' meters whose ratio is wrong.</summary>
    internal const double WrongRatioShare = 0.01;

    private static readonly double[] WrongRatios = [0.5, 0.8, 1.5, 2];

    /// <summary>A feeder's or a substation's: read in when it was put up, so its ratio is right.</summary>
    public static Meter OfPanel(Noise noise) => new(1 + ClassError * Error(noise, 30), 1 + VoltageError * Error(noise, 31));

    public static Meter OfTransformer(Noise noise)
    {
        var panel = OfPanel(noise);
        return noise.Constant(32) < WrongRatioShare ? panel with { PowerGain = panel.PowerGain * WrongRatios[(int)(WrongRatios.Length * noise.Constant(33))] } : panel;
    }

    private static double Error(Noise noise, int channel) => 2 * noise.Constant(channel) - 1;
}
