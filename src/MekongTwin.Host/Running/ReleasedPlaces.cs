using MekongTwin.Domain.Journal;

namespace MekongTwin.Host.Running;

/// <summary>
/// Entries that left quarantine before. Of each note only its range is kept; its places are read from the journal when the
/// question comes to them, and let go behind it: places are asked for in the journal's order.
/// </summary>
internal sealed class ReleasedPlaces(IQuarantineJournal journal)
{
    private readonly List<Note> _notes = [];
    private readonly List<(FramePlace Last, HashSet<FramePlace> Places)> _open = [];
    private int _next;

    private readonly record struct Note(FramePlace First, FramePlace Last, FramePlace At);

    public void Add(ReleaseEntry release, FramePlace at)
    {
        if (release.Count > 0) _notes.Add(new(release.Places.MinBy(Order), release.Places.MaxBy(Order), at));
    }

    public async ValueTask<bool> ContainsAsync(FramePlace place, CancellationToken ct)
    {
        if (_next == 0) _notes.Sort(static (a, b) => Order(a.First).CompareTo(Order(b.First)));
        _open.RemoveAll(note => Order(note.Last).CompareTo(Order(place)) < 0);
        for (; _next < _notes.Count && Order(_notes[_next].First).CompareTo(Order(place)) <= 0; _next++)
        {
            if (Order(_notes[_next].Last).CompareTo(Order(place)) >= 0) _open.Add((_notes[_next].Last, await ReadAsync(_notes[_next].At, ct)));
        }
        return _open.Exists(note => note.Places.Contains(place));
    }

    private static (long, int) Order(FramePlace place) => (place.Block, place.Index);

    private async Task<HashSet<FramePlace>> ReadAsync(FramePlace at, CancellationToken ct)
    {
        await foreach (var block in journal.ReadAsync(at.Block, ct)) return Find(block, at.Index);
        return [];
    }

    private static HashSet<FramePlace> Find(in JournalBlock block, int at)
    {
        var frames = block.Frames.Span;
        for (var index = 0; Frame.TryRead(ref frames, out var frame); index++)
        {
            if (index == at) return [.. ReleaseEntry.Read(frame.Body).Places];
        }
        return [];
    }
}
