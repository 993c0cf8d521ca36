namespace MekongTwin.Simulators.Model;

/// <summary>
/// How far a feeder is fed at an instant. A section reaches from one switch to the next, 0 from the feeder's head: those below
/// <see cref="Sections"/> are fed. After an interruption each takes more than it usually would: heating, cooling and pumps that stood still
/// run all at once (cold-load pickup).
/// </summary>
/// <param name="Sections">Sections that are fed; 0 when the breaker is open.</param>
/// <param name="Pickups">By section, load over what it would be without the interruption; the last one stands for all beyond.</param>
internal sealed record FeederSupply(int Sections, double[] Pickups)
{
    public static FeederSupply Whole { get; } = new(int.MaxValue, [1]);

    public bool Feeds(int section) => section < Sections;

    public double PickupOf(int section) => Pickups[Math.Min(section, Pickups.Length - 1)];
}
