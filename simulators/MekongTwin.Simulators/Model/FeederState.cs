namespace MekongTwin.Simulators.Model;

/// <summary>
/// A feeder at an instant, as it truly is: powers in kW and kvar, voltages in kV at medium voltage and V on the 230 V side.
/// <see cref="Kw"/> at its head = what its transformers give out + their losses + those of its lines.
/// </summary>
internal sealed class FeederState(long timeMs, int[] transformers)
{
    public long TimeMs { get; } = timeMs;

    /// <summary>The transformers that hang on it at this instant, by position in the folder.</summary>
    public int[] Transformers { get; } = transformers;

    /// <summary>At the low-voltage terminals, where the meter is.</summary>
    public double[] TransformerKw { get; } = new double[transformers.Length];

    public double[] TransformerKvar { get; } = new double[transformers.Length];

    public double[] TransformerV { get; } = new double[transformers.Length];

    public double Kw { get; set; }

    public double Kvar { get; set; }

    public double Kv { get; set; }

    /// <summary>0 while the feeder is dead, as <see cref="Kv"/> is.</summary>
    public double Ampere => Kv > 0 ? double.Hypot(Kw, Kvar) / (Math.Sqrt(3) * Kv) : 0;

    public double LineLossKw { get; set; }

    public double TransformerLossKw { get; set; }

    /// <summary>Lost between the transformers' meters and those of their customers.</summary>
    public double LowVoltageLossKw { get; set; }
}

/// <summary>A receiving point at 110 kV at an instant.</summary>
internal readonly record struct SubstationState(double Kw, double Kvar, double Kv, double LossKw);

/// <summary>The whole city at an instant, kW: <see cref="SupplyKw"/> at the receiving points = <see cref="SalesKw"/> + <see cref="LossKw"/>.</summary>
internal readonly record struct CityState(double SupplyKw, double SalesKw, double LossKw);
