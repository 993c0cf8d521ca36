using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using Microsoft.Data.Sqlite;

namespace MekongTwin.Host.Running;

/// <summary>Opens the projection of a journal.</summary>
internal static class Projection
{
    public static TwinStore Open(string path, IJournalFiles files, JournalLog journal)
    {
        var store = Open(path);
        try
        {
            if (store.Journal == journal.Identity)
            {
                // A power cut may take its newest transactions, as many as were not sealed by far; should it take more, or should readings
                // be gone that it has not folded, it is made again.
                store.Horizon = journal.Sealed.Horizon;
                if (store.Applied == 0 || journal.Sealed.IsWithin(store.Applied) || store.Applied < store.Horizon?.Offset) store.Restart(journal.Sealed);
                return store;
            }
            // A new one, of a journal that may lie where another one was: what is sorted may be of that one.
            ReadingIndex.Forget(files);
            store.Follow(journal.Identity);
            store.Restart(journal.Sealed);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private static TwinStore Open(string path)
    {
        try
        {
            return new(path);
        }
        catch (Exception e) when (e is SqliteException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: cannot be opened: {e.Message} End the program that holds it, or let this user write to it; it can be deleted, and is made again.", e);
        }
    }
}
