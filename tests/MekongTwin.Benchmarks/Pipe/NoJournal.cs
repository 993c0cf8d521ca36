using MekongTwin.Domain.Journal;
using MekongTwin.Ingest;

namespace MekongTwin.Benchmarks.Pipe;

/// <summary>A journal that takes everything and keeps nothing: what is left is decoding and admission.</summary>
internal sealed class NoJournal : IJournalWriter, ICommits
{
    private long _ticket;

    public long Bytes { get; private set; }

    public long Durable => _ticket;

    public bool TryAppend(ReadOnlySpan<byte> frames, bool urgent, out long ticket)
    {
        Bytes += frames.Length;
        ticket = ++_ticket;
        return true;
    }

    public ValueTask WaitRoomAsync(CancellationToken ct) => ValueTask.CompletedTask;

    public ValueTask WaitDurableAsync(long ticket, CancellationToken ct) => ValueTask.CompletedTask;
}

/// <summary>The journal's progress for doors.</summary>
internal sealed class Commits(History.Journal.JournalLog journal) : ICommits
{
    public long Durable => journal.Durable;

    public ValueTask WaitDurableAsync(long ticket, CancellationToken ct) => journal.WaitDurableAsync(ticket, ct);
}
