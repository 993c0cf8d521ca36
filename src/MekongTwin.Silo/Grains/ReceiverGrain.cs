using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;
using Orleans.Concurrency;

namespace MekongTwin.Silo.Grains;

/// <summary>Lives on the silo that its key names, and hands appends to the journals that are open there.</summary>
[HomePlacement, Reentrant]
internal sealed class ReceiverGrain(Regions regions) : Grain, IReceiverGrain
{
    /// <summary>A partition that takes longer holds up its own doors only.</summary>
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(1);

    public static string KeyOf(Region region, SiloAddress silo) => $"{region.Name}|{silo.ToParsableString()}";

    public async Task<bool[]> AppendAsync(WireAppend[] appends)
    {
        var (region, _) = regions.Resolve(this.GetPrimaryKeyString());
        using var patience = new CancellationTokenSource(PatienceMax);
        var under = appends.Select(append => region.JournalOf(append.Partition)?.AppendAsync(append, patience.Token)).ToArray();
        await Task.WhenAll(under.OfType<Task>()).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        return [.. under.Select(task => task is { IsCompletedSuccessfully: true })];
    }
}
