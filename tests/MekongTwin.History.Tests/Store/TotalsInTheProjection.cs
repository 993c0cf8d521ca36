using MekongTwin.Contracts;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Store;

namespace MekongTwin.History.Tests.Store;

/// <summary>Parents over the projection, which is committed, closed and opened at every restart.</summary>
public sealed class TotalsInTheProjection : TotalsContract, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mekongtwin-");

    public void Dispose() => _directory.Delete(recursive: true);

    protected override ITwinStore Open(ITwinStore? before)
    {
        if (before is TwinStore store)
        {
            store.Commit(store.Applied + 1, new Ledger());
            store.Dispose();
        }
        return new TwinStore(Path.Combine(_directory.FullName, "twin.db"));
    }

    protected override void Close(ITwinStore store) => ((TwinStore)store).Dispose();
}
