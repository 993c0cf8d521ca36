using System.Diagnostics;
using MekongTwin.Silo.Grains;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Doors;

/// <summary>
/// Brings appends to their partitions: those that live here directly, those of another silo in one call. What does not arrive
/// that way (a partition that moves, a silo that died, a database that is away) is sent to the partition's grain, which is
/// made where it is wanted, again and again until it is durable.
/// </summary>
internal sealed class Courier(Region region, IGrainFactory grains, ISiloStatusOracle silos, Action<IReadOnlyCollection<Parcel>> delivered, CancellationToken stop)
{
    private static readonly TimeSpan RetryFrom = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryTo = TimeSpan.FromSeconds(1);

    /// <summary>Failures in a row before it is said: a partition that moves fails a few.</summary>
    private const int FailuresUntilFault = 8;

    public void Send(IReadOnlyCollection<Parcel> parcels)
    {
        var active = silos.GetActiveSilos();
        foreach (var bundle in parcels.GroupBy(parcel => HomeDirector.HomeOf(region.PartitionKey(parcel.Append.Partition), active)))
        {
            if (bundle.Key is null || bundle.Key.Equals(silos.SiloAddress))
            {
                foreach (var parcel in bundle) _ = DeliverHereAsync(parcel);
            }
            else
            {
                _ = DeliverAsync(bundle.Key, [.. bundle]);
            }
        }
    }

    private async Task DeliverHereAsync(Parcel parcel)
    {
        if (await TryAppendHereAsync(parcel)) delivered([parcel]);
        else await SendAsync(parcel);
    }

    private async Task<bool> TryAppendHereAsync(Parcel parcel)
    {
        if (region.JournalOf(parcel.Append.Partition) is not { } journal) return false;
        try
        {
            using var span = StartSpan([parcel]);
            await journal.AppendAsync(parcel.Append, stop);
            return true;
        }
        catch (Exception)
        {
            // It lives elsewhere by now, or nothing more is to be sent.
            return false;
        }
    }

    private async Task DeliverAsync(SiloAddress home, Parcel[] parcels)
    {
        bool[] taken;
        try
        {
            using var span = StartSpan(parcels);
            taken = await grains.GetGrain<IReceiverGrain>(ReceiverGrain.KeyOf(region, home)).AppendAsync([.. parcels.Select(parcel => parcel.Append)]).WaitAsync(stop);
        }
        catch (Exception)
        {
            taken = new bool[parcels.Length];
        }
        delivered([.. parcels.Where((_, i) => taken[i])]);
        await Task.WhenAll(parcels.Where((_, i) => !taken[i]).Select(SendAsync));
    }

    private async Task SendAsync(Parcel parcel)
    {
        var partition = grains.GetGrain<IPartitionGrain>(region.PartitionKey(parcel.Append.Partition));
        var delay = RetryFrom;
        for (var failures = 0; !stop.IsCancellationRequested; failures++)
        {
            try
            {
                using var span = StartSpan([parcel]);
                await partition.AppendAsync(parcel.Append).WaitAsync(stop);
                break;
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                // Whoever has the partition next takes it, once.
                if (failures >= FailuresUntilFault) parcel.Lane.Fault = $"A partition of the journal does not answer: {CallFault.Reason(e)} Nothing of it is acknowledged until it does; it is tried again by itself.";
            }
            catch (Exception)
            {
                // What is left was not acknowledged.
                return;
            }
            await Task.Delay(delay, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < RetryTo ? delay * 2 : RetryTo;
        }
        if (stop.IsCancellationRequested) return;
        parcel.Lane.Fault = null;
        delivered([parcel]);
    }

    private static Activity? StartSpan(IReadOnlyCollection<Parcel> parcels) =>
        Spans.Start("append", ActivityKind.Producer, parcels.SelectMany(parcel => parcel.Tickets).Select(ticket => ticket.Span?.Context ?? default))?.SetTag("bytes", parcels.Sum(parcel => parcel.Append.Frames.Length));
}
