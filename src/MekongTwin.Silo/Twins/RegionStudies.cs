using System.Text.Json;
using MekongTwin.Api;
using MekongTwin.Host.Scenarios;
using MekongTwin.Scenarios.Exports;
using MekongTwin.Silo.Grains;

namespace MekongTwin.Silo.Twins;

/// <summary>The studies of the whole region, from any of its silos: asked for at their grain, read from where they are kept.</summary>
internal sealed class RegionStudies(IGrainFactory grains, string region, IStudyShelf shelf) : IStudies
{
    /// <summary>How long a page waits for the database.</summary>
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(5);

    private IStudiesGrain Grain => grains.GetGrain<IStudiesGrain>($"{region}|studies");

    public async Task<StudyView> AskAsync(byte[] scenario, string by, CancellationToken ct)
    {
        var asked = await TellAsync(Grain.AskAsync(scenario, by), ct);
        return asked.Study is { } study ? JsonSerializer.Deserialize<StudyView>(study, Studies.Json)! : throw new StudyRefusedException(asked.Refused!);
    }

    public async Task<IReadOnlyList<StudyView>> ListAsync(CancellationToken ct) => JsonSerializer.Deserialize<List<StudyView>>(await TellAsync(Grain.ListAsync(), ct), Studies.Json)!;

    public async Task<StudyView?> FindAsync(string id, CancellationToken ct) => await TellAsync(Grain.FindAsync(id), ct) is { } study ? JsonSerializer.Deserialize<StudyView>(study, Studies.Json) : null;

    public Task<byte[]?> ReadReportAsync(string id, CancellationToken ct) => ReadAsync(id, "report.json", ct);

    public Task<byte[]?> ReadExportAsync(string id, string name, CancellationToken ct) => StudyExports.Names.Contains(name) ? ReadAsync(id, name, ct) : Task.FromResult<byte[]?>(null);

    public Task<bool> RemoveAsync(string id, CancellationToken ct) => TellAsync(Grain.RemoveAsync(id), ct);

    private async Task<byte[]?> ReadAsync(string id, string name, CancellationToken ct)
    {
        if (await FindAsync(id, ct) is not { State: StudyState.Done }) return null;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(ReadWithin);
        try
        {
            return await shelf.ReadAsync(id, name, patience.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new UnavailableException("PostgreSQL cannot be read. Ask again when the database is back.");
        }
    }

    /// <summary>A page does not wait for a silo that is gone, or for a database that is away.</summary>
    private static async Task<T> TellAsync<T>(Task<T> asked, CancellationToken ct)
    {
        try
        {
            return await asked.WaitAsync(ct);
        }
        catch (Exception e) when (e is TimeoutException or SiloUnavailableException or OrleansMessageRejectionException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new UnavailableException($"The studies of the region do not answer: {CallFault.Reason(e)} Whoever is left takes them over within seconds; ask again.", e);
        }
    }
}
