using MekongTwin.Domain.Journal;
using MekongTwin.History.Journal;

namespace MekongTwin.Host.Running;

/// <summary>
/// Entries that left quarantine before. Of each note only its range is kept; its places are read from the journal when the
/// question comes to them, and let go behind it: places are asked for in the journal's order.
/// </summary>
internal sealed class ReleasedPlaces(JournalLog journal)
{
    private readonly List<Note> _notes = [];
    private readonly List<(FramePlace Last, HashSet<FramePlace> Places)> _open = [];
    private int _next;

    private readonly record struct Note(FramePlace First, FramePlace Last, FramePlace At);

    public void Add(ReleaseEntry release, FramePlace at)
    {
        if (release.Count > 0) _notes.Add(new(release.Places.MinBy(Order), release.Places.MaxBy(Order), at));
    }

    public bool Contains(FramePlace place)
    {
        if (_next == 0) _notes.Sort(static (a, b) => Order(a.First).CompareTo(Order(b.First)));
        _open.RemoveAll(note => Order(note.Last).CompareTo(Order(place)) < 0);
        for (; _next < _notes.Count && Order(_notes[_next].First).CompareTo(Order(place)) <= 0; _next++)
        {
            if (Order(_notes[_next].Last).CompareTo(Order(place)) >= 0) _open.Add((_notes[_next].Last, Read(_notes[_next].At)));
        }
        return _open.Exists(note => note.Places.Contains(place));
    }

    private static (long, int) Order(FramePlace place) => (place.Block, place.Index);

    private HashSet<FramePlace> Read(FramePlace at)
    {
        using var reader = journal.Read(at.Block);
        reader.TryRead(journal.DurableOffset, out var body);
        for (var index = 0; Frame.TryRead(ref body, out var frame); index++)
        {
            if (index == at.Index) return [.. ReleaseEntry.Read(frame.Body).Places];
        }
        return [];
    }
}
