using System.Text.Json;
using System.Text.Json.Serialization;
using MekongTwin.Api;
using MekongTwin.Host.Scenarios;
using MekongTwin.Scenarios.Exports;
using MekongTwin.Silo.Grains;

namespace MekongTwin.Silo.Twins;

/// <summary>The studies of the whole region, from any of its silos: asked for at their grain, read from where they are kept.</summary>
internal sealed class RegionStudies(IGrainFactory grains, string region, IStudyShelf shelf) : IStudies
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    private IStudiesGrain Grain => grains.GetGrain<IStudiesGrain>($"{region}|studies");

    public async Task<StudyView> AskAsync(byte[] scenario, string by, CancellationToken ct)
    {
        var asked = await Grain.AskAsync(scenario, by).WaitAsync(ct);
        return asked.Study is { } study ? JsonSerializer.Deserialize<StudyView>(study, Json)! : throw new StudyRefusedException(asked.Refused!);
    }

    public async Task<IReadOnlyList<StudyView>> ListAsync(CancellationToken ct) => JsonSerializer.Deserialize<List<StudyView>>(await Grain.ListAsync().WaitAsync(ct), Json)!;

    public async Task<StudyView?> FindAsync(string id, CancellationToken ct) => (await ListAsync(ct)).FirstOrDefault(study => study.Id == id);

    public Task<byte[]?> ReadReportAsync(string id, CancellationToken ct) => ReadAsync(id, "report.json", ct);

    public Task<byte[]?> ReadExportAsync(string id, string name, CancellationToken ct) => StudyExports.Names.Contains(name) ? ReadAsync(id, name, ct) : Task.FromResult<byte[]?>(null);

    public Task<bool> RemoveAsync(string id, CancellationToken ct) => Grain.RemoveAsync(id).WaitAsync(ct);

    private async Task<byte[]?> ReadAsync(string id, string name, CancellationToken ct) =>
        await FindAsync(id, ct) is { State: StudyState.Done } ? await shelf.ReadAsync(id, name, ct) : null;
}
