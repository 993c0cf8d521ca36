namespace MekongTwin.Simulators.Model;

/// <summary>The whole grid at one instant, by position in <c>grid.json</c>. Powers are those measured at the thing's sending end.</summary>
internal sealed class GridState(long timeMs, int transformers, int feeders, int substations)
{
    /// <summary>Milliseconds since 1970-01-01T00:00:00Z.</summary>
    public long TimeMs { get; } = timeMs;

    public double TemperatureC { get; set; }

    public double[] TransformerKw { get; } = new double[transformers];

    public double[] TransformerKvar { get; } = new double[transformers];

    public double[] TransformerV { get; } = new double[transformers];

    public double[] FeederKw { get; } = new double[feeders];

    public double[] FeederKvar { get; } = new double[feeders];

    public double[] FeederLossKw { get; } = new double[feeders];

    public double[] FeederAmpere { get; } = new double[feeders];

    public double[] FeederKv { get; } = new double[feeders];

    public double[] SubstationKw { get; } = new double[substations];

    public double[] SubstationKvar { get; } = new double[substations];

    public double[] SubstationLossKw { get; } = new double[substations];

    public double[] SubstationKv { get; } = new double[substations];
}
