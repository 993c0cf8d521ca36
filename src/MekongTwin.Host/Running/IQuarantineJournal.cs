using System.Runtime.CompilerServices;
using MekongTwin.History.Journal;

namespace MekongTwin.Host.Running;

/// <summary>A block of the journal: where it begins, and its frames.</summary>
internal readonly record struct JournalBlock(long Offset, ReadOnlyMemory<byte> Frames);

/// <summary>The journal that holds what is in quarantine, as taking it in needs it.</summary>
internal interface IQuarantineJournal
{
    /// <summary>What is durable, block by block, from one that begins at this offset.</summary>
    IAsyncEnumerable<JournalBlock> ReadAsync(long from, CancellationToken ct);

    /// <summary>Makes readings durable together with the note that they left quarantine: never the note alone.</summary>
    Task TakeInAsync(byte[] readings, byte[] release, CancellationToken ct);

    /// <summary>Makes a note durable.</summary>
    Task AppendAsync(byte[] frame, CancellationToken ct);
}

/// <summary>The embedded edition's journal.</summary>
internal sealed class LocalQuarantineJournal(JournalLog journal) : IQuarantineJournal
{
    public async IAsyncEnumerable<JournalBlock> ReadAsync(long from, [EnumeratorCancellation] CancellationToken ct)
    {
        using var reader = journal.Read(from, SealedAs.FramesBesideReadings);
        while (TryRead(reader, out var frames))
        {
            ct.ThrowIfCancellationRequested();
            yield return new(reader.Block, frames);
        }
        await Task.CompletedTask;
    }

    // One append: the note and the readings are in one block, or neither is.
    public Task TakeInAsync(byte[] readings, byte[] release, CancellationToken ct) => AppendAsync([.. release, .. readings], ct);

    public async Task AppendAsync(byte[] frame, CancellationToken ct)
    {
        long ticket;
        while (!journal.TryAppend(frame, urgent: true, out ticket)) await journal.WaitRoomAsync(ct);
        await journal.WaitDurableAsync(ticket, ct);
    }

    private bool TryRead(JournalReader reader, out byte[] frames)
    {
        var isThere = reader.TryRead(journal.DurableOffset, out var body);
        frames = body.ToArray();
        return isThere;
    }
}
