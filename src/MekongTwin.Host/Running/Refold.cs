using MekongTwin.Domain.Assets;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Twins;

namespace MekongTwin.Host.Running;

/// <summary>Folds a whole journal again, beside the projection that is there.</summary>
internal static class Refold
{
    public static async Task<(string Journal, string Stored)> CompareAsync(DataDirectory directory, CancellationToken ct)
    {
        var files = new DiskFiles(directory.Journal);
        using var journal = JournalLog.Open(files, new JournalOptions(), TwinQueries.ReadMark(directory.Database));
        var model = ModelLog.ReadLast(journal);
        var path = Path.Combine(directory.Path, "verify.db");
        string stored;
        using (var store = Projection.Open(directory.Database, files, journal))
        {
            // What the projection has not seen yet is folded into it first, as a start would.
            stored = await FoldAsync(files, journal, model, store, directory.Database, store.Applied, ct);
        }
        try
        {
            using var fresh = new TwinStore(path);
            fresh.Restart(journal.Sealed);
            return (await FoldAsync(files, journal, model, fresh, path, 0, ct), stored);
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            foreach (var suffix in (string[])["", "-wal", "-shm"]) File.Delete(path + suffix);
        }
    }

    private static async Task<string> FoldAsync(IJournalFiles files, JournalLog journal, Model model, TwinStore store, string path, long from, CancellationToken ct)
    {
        using var index = ReadingIndex.Open(files, from, history: journal.Sealed);
        await using var twins = new LocalTwins(model, index, store, from, store.ReadLatest(), new ServeOptions().Workers);
        var projector = new Projector(twins, store, index, store.ReadLedger(), TimeProvider.System);
        using var reader = journal.Read(from);
        await projector.CatchUpAsync(reader, journal.DurableOffset, ct);
        await projector.CommitAsync(ct);
        return FactsHash.OfStored(store, new TwinQueries(path));
    }
}
