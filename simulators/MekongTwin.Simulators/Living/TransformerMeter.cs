using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Living;

/// <summary>The meter of a transformer; <see cref="Device"/> is its name on the wire where it has one, <see cref="Feeder"/> the feeder it truly hangs on.</summary>
internal sealed record TransformerMeter(string Id, string? Device, int Transformer, int Feeder, bool IsOwned, Noise Noise, Meter Meter)
{
    public static TransformerMeter Of(GridModel grid, int transformer, string? device)
    {
        var model = grid.Transformers[transformer];
        return new(model.Id, device, transformer, grid.TrueFeederOf(transformer), model.IsOwned, model.Noise, Meter.OfTransformer(model.Noise));
    }

    /// <summary>What it tells at an instant: kW, kvar and V. A transfer may have moved the transformer to another feeder.</summary>
    public (double Kw, double Kvar, double Volt) Read(GridModel grid, long timeMs)
    {
        var state = grid.FeederAt(Feeder, timeMs);
        var at = Array.IndexOf(state.Transformers, Transformer);
        if (at < 0)
        {
            foreach (var transfer in grid.MomentAt(timeMs).Transfers.Where(transfer => transfer.From == Feeder))
            {
                state = grid.FeederAt(transfer.To, timeMs);
                at = Array.IndexOf(state.Transformers, Transformer);
            }
        }
        return (state.TransformerKw[at] * Meter.PowerGain, state.TransformerKvar[at] * Meter.PowerGain, state.TransformerV[at] * Meter.VoltageGain);
    }
}
