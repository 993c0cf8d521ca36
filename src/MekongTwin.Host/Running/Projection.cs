using MekongTwin.History.Journal;
using MekongTwin.History.Store;

namespace MekongTwin.Host.Running;

/// <summary>Opens the projection of a journal.</summary>
internal static class Projection
{
    public static TwinStore Open(string path, IJournalFiles files, JournalLog journal)
    {
        var store = new TwinStore(path);
        try
        {
            if (store.Journal == journal.Identity) return store;
            // A new one, of a journal that may lie where another one was: what is sorted may be of that one.
            ReadingIndex.Forget(files);
            store.Follow(journal.Identity);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }
}
