using System.Runtime.CompilerServices;
using MekongTwin.Domain.Readings;
using MekongTwin.History.Store;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Grains;

/// <summary>What quarantine keeps lies in the partition of its source; what is taken in goes to that of its point.</summary>
internal sealed partial class PartitionGrain
{
    public async Task<string[]> QuarantineUnitsAsync(WireQuarantineKind kind) => [.. await QuarantineRelease.UnitsAsync(Quarantined(0, _number), GroupOf(kind), _stop.Token)];

    public async Task<int> ReleaseAsync(WireQuarantineKind kind, int point)
    {
        await _region.RefreshModelAsync(_stop.Token);
        var journal = Quarantined(await _region.Journal.NextDoorAsync(_stop.Token), _region.Map.PartitionOf(_region.Map.AssetOf(point)));
        return await QuarantineRelease.RunAsync(journal, GroupOf(kind), _region.Model.Points[point], _region.Model.CityOf(_region.Model.Points[point].Asset), Instant.From(_region.Clock.GetUtcNow()), _stop.Token);
    }

    public async Task DiscardAsync(WireQuarantineKind kind) =>
        await QuarantineRelease.DiscardAsync(Quarantined(await _region.Journal.NextDoorAsync(_stop.Token), _number), GroupOf(kind), _stop.Token);

    private QuarantineJournal Quarantined(long door, int pointsPartition) => new(this, door, pointsPartition);

    private static QuarantineGroup GroupOf(WireQuarantineKind kind) => new(0, kind.Reason, kind.Source, kind.Topic, kind.Name, 0, 0, 0, kind.FirstOffset, [], 0);

    /// <summary>The journals that are concerned, written as by a door of its own.</summary>
    private sealed class QuarantineJournal(PartitionGrain own, long door, int pointsPartition) : IQuarantineJournal
    {
        private long _sequence;

        public async IAsyncEnumerable<JournalBlock> ReadAsync(long from, [EnumeratorCancellation] CancellationToken ct)
        {
            while (from < own._partition.Journal.End)
            {
                foreach (var block in await own._partition.Journal.ReadAsync(from, ct))
                {
                    yield return new(block.Start, block.Frames);
                    from = block.End;
                }
            }
        }

        public async Task TakeInAsync(byte[] readings, byte[] release, CancellationToken ct)
        {
            var target = own.GrainFactory.GetGrain<IPartitionGrain>(own._region.PartitionKey(pointsPartition));
            // The readings first: without the note they may be taken in twice, which they bear; without them they would be lost.
            await target.AppendAsync(new() { Door = door, Sequence = ++_sequence, Frames = readings });
            await AppendAsync(release, ct);
        }

        public Task AppendAsync(byte[] frame, CancellationToken ct) => own._partition.Journal.AppendAsync(new() { Door = door, Sequence = ++_sequence, Frames = frame }, ct);
    }
}
