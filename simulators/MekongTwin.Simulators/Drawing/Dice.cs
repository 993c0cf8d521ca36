using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Drawing;

/// <summary>A sequence of random numbers of one thing to draw: the same seed and name, the same sequence.</summary>
internal sealed class Dice(long seed, string name)
{
    private readonly Noise _noise = Noise.For(seed, name);
    private long _at;

    public double Between(double min, double max) => min + (max - min) * _noise.Block(_at++, 0);

    public T Pick<T>(params ReadOnlySpan<(T Value, double Weight)> choices)
    {
        var total = 0.0;
        foreach (var choice in choices) total += choice.Weight;
        var at = Between(0, total);
        foreach (var choice in choices)
        {
            if ((at -= choice.Weight) < 0) return choice.Value;
        }
        return choices[^1].Value;
    }
}
