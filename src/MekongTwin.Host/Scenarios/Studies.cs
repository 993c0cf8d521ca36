using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using MekongTwin.Api;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Host.Cities;
using MekongTwin.Scenarios;
using MekongTwin.Scenarios.Exports;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Host.Scenarios;

/// <summary>Branches a city at an instant.</summary>
internal delegate Task<StudyBase> Branch(string city, DateTimeOffset at, CancellationToken ct);

/// <summary>
/// The studies of a region: each is kept as <c>scenario.json</c>, <c>study.json</c> (what is shown of it) and, once it is done,
/// <c>report.json</c> and its exports. One runs at a time; what waited or ran when the program ended is run again, on the
/// city as it was when it was asked for.
/// </summary>
/// <param name="shelf">Where they are kept.</param>
/// <param name="branch">Branches a city.</param>
/// <param name="model">The model now.</param>
/// <param name="clock">The cities' clock.</param>
/// <param name="threads">Threads that a study may use.</param>
internal sealed class Studies(IStudyShelf shelf, Branch branch, Func<Model> model, TimeProvider clock, int threads) : IStudies
{
    /// <summary>More are not taken in.</summary>
    public const int WaitingMax = 16;

    /// <summary>More are not kept: the oldest that has ended goes.</summary>
    public const int KeptMax = 200;

    /// <summary>A study that was under way at so many ends of the program is not begun again: it may be what ends it.</summary>
    public const int StartsMax = 3;

    /// <summary>Where it is kept how often a study was begun.</summary>
    private const string StartsName = "starts";

    /// <summary>Newest bases that are kept, a few MB each: an instant that is asked again has the same base, whatever has come in late since.</summary>
    public const int BasesMax = 8;

    /// <summary>Of what is shown of a study, on the shelf and between silos.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <summary>One change of state at a time, kept before the next.</summary>
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly ConcurrentDictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim branching = new(1, 1);
    private readonly Queue<StudyBase> bases = new();
    private readonly Channel<string> waiting = Channel.CreateUnbounded<string>();

    /// <summary>What a scenario is checked against when it is asked for, where branching takes long; the city itself, which is then kept for its turn, where it is null.</summary>
    public Func<string, DateTimeOffset, StudyBase>? CheckedOn { get; init; }

    /// <summary>Takes in what is on the shelf. Once, before anything is asked for.</summary>
    public async Task LoadAsync(CancellationToken ct)
    {
        foreach (var id in await shelf.ListAsync(ct)) await LoadAsync(id, ct);
    }

    public async Task<StudyView> AskAsync(byte[] scenario, string by, CancellationToken ct)
    {
        Entry entry;
        try
        {
            var read = ScenarioFile.Read("scenario", scenario);
            var known = model();
            if (known.FindCity(read.City) is not { } city) throw new StudyRefusedException($"city: there is no '{read.City}'; there are {string.Join(", ", known.Cities.Select(static c => c.Id))}.");
            var now = clock.GetUtcNow();
            if (read.At > now) throw new StudyRefusedException($"at: {read.At:yyyy-MM-dd'T'HH:mmzzz} has not come yet. Leave it out to branch from now, and say with 'from' which days are asked about.");
            // What it names is looked up before it is taken in; the base is kept for its turn.
            var at = read.At ?? now;
            var from = CheckedOn is null ? await BranchAsync(read.City, at, ct) : null;
            // Whoever asks may be a grain, whose scheduler has others to serve.
            await Task.Run(() => StudyRun.Check(from ?? CheckedOn!(read.City, at), read), ct);
            var id = $"{now:yyyyMMdd'T'HHmmss}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
            entry = new(read with { At = at }, new(id, read.Name, read.City, StudyState.Waiting, 0, Instant.ToText(Instant.From(now), city.MakeCalendar().Zone), by, null)) { From = from };
        }
        catch (Exception e) when (e is InputException or ScenarioException)
        {
            throw new StudyRefusedException(e.Message);
        }
        await ChangeAsync(async () =>
        {
            if (entries.Values.Count(static known => IsUnderWay(known.View)) > WaitingMax) throw new StudyRefusedException($"{WaitingMax} studies wait already. Ask again when one is done, or stop one.");
            await shelf.WriteAsync(entry.View.Id, "scenario.json", scenario, ct);
            await SetAsync(entry, entry.View);
            entries[entry.View.Id] = entry;
            return waiting.Writer.TryWrite(entry.View.Id);
        }, ct);
        await TryForgetOldestAsync(ct);
        return entry.View;
    }

    public Task<IReadOnlyList<StudyView>> ListAsync(CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<StudyView>>([.. entries.Values.Select(static entry => entry.View).OrderByDescending(static view => view.Id, StringComparer.Ordinal)]);

    public Task<StudyView?> FindAsync(string id, CancellationToken ct) => Task.FromResult(entries.GetValueOrDefault(id)?.View);

    public Task<byte[]?> ReadReportAsync(string id, CancellationToken ct) => ReadAsync(id, "report.json", ct);

    public Task<byte[]?> ReadExportAsync(string id, string name, CancellationToken ct) => StudyExports.Names.Contains(name) ? ReadAsync(id, name, ct) : Task.FromResult<byte[]?>(null);

    private async Task<byte[]?> ReadAsync(string id, string name, CancellationToken ct) => entries.GetValueOrDefault(id)?.View is { State: StudyState.Done } ? await shelf.ReadAsync(id, name, ct) : null;

    public Task<bool> RemoveAsync(string id, CancellationToken ct) => ChangeAsync(async () =>
    {
        if (!entries.TryGetValue(id, out var entry)) return false;
        if (!IsUnderWay(entry.View)) return await ForgetAsync(id);
        await entry.Stop.CancelAsync();
        if (entry.View.State != StudyState.Waiting) return true;
        entry.From = null;
        await SetAsync(entry, entry.View with { State = StudyState.Cancelled });
        return true;
    }, ct);

    /// <summary>Runs what is asked for, one after the other, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await foreach (var id in waiting.Reader.ReadAllAsync(ct))
            {
                if (!entries.TryGetValue(id, out var entry)) continue;
                try
                {
                    if (await TryBeginAsync(entry, ct)) await Task.Run(() => RunAsync(entry, ct), CancellationToken.None);
                }
                catch (Exception e) when (!ct.IsCancellationRequested)
                {
                    // Nothing of it is kept: it is begun again at the next start. The others go on.
                    entry.View = entry.View with { State = StudyState.Failed, Fault = $"It could not be begun or ended: {e.Message}" };
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The program ends.
        }
    }

    /// <summary>False when it was stopped meanwhile, or was begun too often.</summary>
    private Task<bool> TryBeginAsync(Entry entry, CancellationToken ct) => ChangeAsync(async () =>
    {
        if (entry.View.State != StudyState.Waiting) return false;
        var starts = (await shelf.ReadAsync(entry.View.Id, StartsName, ct))?.Length ?? 0;
        if (starts >= StartsMax)
        {
            await SetAsync(entry, entry.View with { State = StudyState.Failed, Fault = $"The program ended {starts} times while it was under way. Ask for fewer futures or days." });
            return false;
        }
        // One byte a start.
        await shelf.WriteAsync(entry.View.Id, StartsName, new byte[starts + 1], ct);
        await SetAsync(entry, entry.View with { State = StudyState.Running });
        return true;
    }, ct);

    /// <summary>Takes back what <see cref="TryBeginAsync"/> counted.</summary>
    private async Task TryForgetStartAsync(string id)
    {
        try
        {
            if (await shelf.ReadAsync(id, StartsName, CancellationToken.None) is { Length: > 0 } starts) await shelf.WriteAsync(id, StartsName, starts[1..], CancellationToken.None);
        }
        catch (Exception)
        {
            // It counts as one more; the program ends.
        }
    }

    /// <summary>One at a time: who asks for an instant meanwhile has the same base.</summary>
    private async Task<StudyBase> BranchAsync(string city, DateTimeOffset at, CancellationToken ct)
    {
        await branching.WaitAsync(ct);
        try
        {
            if (bases.FirstOrDefault(known => known.City == city && known.AsOf == at) is { } known) return known;
            var made = await branch(city, at, ct);
            bases.Enqueue(made);
            if (bases.Count > BasesMax) bases.Dequeue();
            return made;
        }
        finally
        {
            branching.Release();
        }
    }

    private async Task RunAsync(Entry entry, CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, entry.Stop.Token);
        try
        {
            var from = entry.From ?? await BranchAsync(entry.Scenario.City, entry.Scenario.At!.Value, either.Token);
            entry.From = null;
            var result = StudyRun.Solve(from, entry.Scenario, threads, done => entry.Advance(Math.Round(done, 3)), either.Token);
            foreach (var export in StudyExports.Of(result)) await shelf.WriteAsync(entry.View.Id, export.Name, export.Bytes, either.Token);
            await shelf.WriteAsync(entry.View.Id, "report.json", result.Report.ToJson(), either.Token);
            await EndAsync(StudyState.Done, null);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // When the program ends it stays as it is, and runs again; an end that was asked for is no sign against it.
            if (!ct.IsCancellationRequested) await EndAsync(StudyState.Cancelled, null);
            else await TryForgetStartAsync(entry.View.Id);
        }
        catch (Exception e)
        {
            await EndAsync(StudyState.Failed, e.Message);
        }

        Task<bool> EndAsync(StudyState state, string? fault) => ChangeAsync(async () =>
        {
            var ended = entry.View with { State = state, Progress = state == StudyState.Done ? 1 : entry.View.Progress, Fault = fault };
            try
            {
                await SetAsync(entry, ended);
            }
            catch (Exception e)
            {
                // It runs again at the next start.
                entry.View = ended with { State = StudyState.Failed, Fault = $"How it ended could not be written: {e.Message}" };
            }
            return true;
        }, CancellationToken.None);
    }

    private async Task LoadAsync(string id, CancellationToken ct)
    {
        try
        {
            if (await shelf.ReadAsync(id, "study.json", ct) is not { } kept || await shelf.ReadAsync(id, "scenario.json", ct) is not { } asked) return;
            var view = JsonSerializer.Deserialize<StudyView>(kept, Json)!;
            if (view.Id != id) return;
            var scenario = ScenarioFile.Read("scenario", asked);
            entries[id] = new(scenario with { At = scenario.At ?? DateTimeOffset.Parse(view.Asked, CultureInfo.InvariantCulture) }, IsUnderWay(view) ? view with { State = StudyState.Waiting, Progress = 0 } : view);
            if (IsUnderWay(view)) waiting.Writer.TryWrite(id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InputException or FormatException)
        {
            // Half of one, from before it was taken in: nobody was told of it.
        }
    }

    private static bool IsUnderWay(StudyView view) => view.State is StudyState.Waiting or StudyState.Running;

    private async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            return await change();
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Within the gate: kept, then shown.</summary>
    private async Task SetAsync(Entry entry, StudyView view)
    {
        await shelf.WriteAsync(view.Id, "study.json", JsonSerializer.SerializeToUtf8Bytes(view, Json), CancellationToken.None);
        entry.View = view;
    }

    /// <summary>Within the gate.</summary>
    private async Task<bool> ForgetAsync(string id)
    {
        var isKnown = entries.TryRemove(id, out _);
        await shelf.DeleteAsync(id, CancellationToken.None);
        return isKnown;
    }

    /// <summary>What cannot be deleted is forgotten until the next start.</summary>
    private async Task TryForgetOldestAsync(CancellationToken ct)
    {
        try
        {
            await ChangeAsync(async () =>
            {
                foreach (var old in entries.Values.Where(static known => !IsUnderWay(known.View)).Select(static known => known.View.Id).Order(StringComparer.Ordinal).Take(Math.Max(0, entries.Count - KeptMax))) await ForgetAsync(old);
                return true;
            }, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever asked has nothing to do with it.
        }
    }

    private sealed class Entry(Scenario scenario, StudyView view)
    {
        private readonly Lock gate = new();
        private StudyView view = view;

        public Scenario Scenario { get; } = scenario;

        public StudyView View
        {
            get
            {
                lock (gate) return view;
            }

            set
            {
                lock (gate) view = value;
            }
        }

        /// <summary>The base it was checked against, until it runs; null after a restart, when it is branched again.</summary>
        public StudyBase? From { get; set; }

        public CancellationTokenSource Stop { get; } = new();

        /// <summary>While it runs, from any thread.</summary>
        public void Advance(double progress)
        {
            lock (gate) view = view with { Progress = Math.Max(view.Progress, progress) };
        }
    }
}
