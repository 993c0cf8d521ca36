using System.Text.Json;
using MekongTwin.Api;
using MekongTwin.Host.Scenarios;
using MekongTwin.Silo.Wire;
using Orleans.Concurrency;

namespace MekongTwin.Silo.Grains;

/// <summary>
/// The door of a region's studies. They are solved beside the grains, on threads of the pool, and kept in the database: when its silo dies the
/// next activation runs again what waited or ran, on the city as it was at the same instant.
/// </summary>
[KeepAlive, HomePlacement, Reentrant]
internal sealed class StudiesGrain(Func<Studies> make) : Grain, IStudiesGrain
{
    private readonly CancellationTokenSource _stop = new();
    private Studies _studies = null!;
    private Task _running = Task.CompletedTask;

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        _studies = make();
        await _studies.LoadAsync(ct);
        // Nobody would end the loop of an activation that was given up meanwhile.
        ct.ThrowIfCancellationRequested();
        _running = Task.Run(() => _studies.RunAsync(_stop.Token), CancellationToken.None);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(ct).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
    }

    public async Task<WireAsked> AskAsync(byte[] scenario, string by)
    {
        try
        {
            return new() { Study = JsonSerializer.SerializeToUtf8Bytes(await _studies.AskAsync(scenario, by, _stop.Token), Studies.Json) };
        }
        catch (StudyRefusedException e)
        {
            return new() { Refused = e.Message };
        }
    }

    public async Task<byte[]> ListAsync() => JsonSerializer.SerializeToUtf8Bytes(await _studies.ListAsync(_stop.Token), Studies.Json);

    public async Task<byte[]?> FindAsync(string id) => await _studies.FindAsync(id, _stop.Token) is { } study ? JsonSerializer.SerializeToUtf8Bytes(study, Studies.Json) : null;

    public Task<bool> RemoveAsync(string id) => _studies.RemoveAsync(id, _stop.Token);
}
