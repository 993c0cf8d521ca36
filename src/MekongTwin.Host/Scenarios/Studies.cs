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
/// The studies of a data directory: <c>studies/ID/</c> with <c>scenario.json</c>, <c>study.json</c> (what is shown of it) and, once it is done,
/// <c>report.json</c> and its exports; each is written beside and renamed. One runs at a time; what waited or ran when the program ended is run again, on the
/// city as it was when it was asked for.
/// </summary>
internal sealed class Studies : IStudies
{
    /// <summary>More are not taken in.</summary>
    public const int WaitingMax = 16;

    /// <summary>More are not kept: the oldest that has ended goes.</summary>
    public const int KeptMax = 200;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    private readonly string directory;
    private readonly Branch branch;
    private readonly Func<Model> model;
    private readonly TimeProvider clock;
    private readonly int threads;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly Channel<string> waiting = Channel.CreateUnbounded<string>();

    /// <param name="directory">Where they are kept; made when the first one is asked for.</param>
    /// <param name="branch">Branches a city.</param>
    /// <param name="model">The model now.</param>
    /// <param name="clock">The cities' clock.</param>
    /// <param name="threads">Threads that a study may use.</param>
    public Studies(string directory, Branch branch, Func<Model> model, TimeProvider clock, int threads)
    {
        (this.directory, this.branch, this.model, this.clock, this.threads) = (directory, branch, model, clock, threads);
        if (!Directory.Exists(directory)) return;
        foreach (var known in Directory.GetDirectories(directory).Order(StringComparer.Ordinal)) Load(known);
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
            var from = await branch(read.City, at, ct);
            StudyRun.Check(from, read);
            var id = $"{now:yyyyMMdd'T'HHmmss}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
            entry = new(read with { At = at }, new(id, read.Name, read.City, StudyState.Waiting, 0, Instant.ToText(Instant.From(now), city.MakeCalendar().Zone), by, null)) { From = from };
        }
        catch (Exception e) when (e is InputException or ScenarioException)
        {
            throw new StudyRefusedException(e.Message);
        }
        lock (gate)
        {
            if (entries.Values.Count(static known => known.View.State is StudyState.Waiting or StudyState.Running) > WaitingMax) throw new StudyRefusedException($"{WaitingMax} studies wait already. Ask again when one is done, or stop one.");
            entries[entry.View.Id] = entry;
        }
        Write(entry.View.Id, "scenario.json", scenario);
        Keep(entry);
        Forget();
        await waiting.Writer.WriteAsync(entry.View.Id, CancellationToken.None);
        return entry.View;
    }

    public IReadOnlyList<StudyView> List()
    {
        lock (gate) return [.. entries.Values.Select(static entry => entry.View).OrderByDescending(static view => view.Id, StringComparer.Ordinal)];
    }

    public StudyView? Find(string id)
    {
        lock (gate) return entries.GetValueOrDefault(id)?.View;
    }

    public Task<byte[]?> ReadReportAsync(string id, CancellationToken ct) => ReadAsync(id, "report.json", ct);

    public Task<byte[]?> ReadExportAsync(string id, string name, CancellationToken ct) => StudyExports.Names.Contains(name) ? ReadAsync(id, name, ct) : Task.FromResult<byte[]?>(null);

    private async Task<byte[]?> ReadAsync(string id, string name, CancellationToken ct) =>
        Find(id) is { State: StudyState.Done } && File.Exists(PathOf(id, name)) ? await File.ReadAllBytesAsync(PathOf(id, name), ct) : null;

    public bool Remove(string id)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(id, out var entry)) return false;
            if (entry.View.State is StudyState.Waiting or StudyState.Running)
            {
                entry.Stop.Cancel();
                if (entry.View.State == StudyState.Waiting)
                {
                    entry.From = null;
                    Set(entry, entry.View with { State = StudyState.Cancelled });
                }
                return true;
            }
            entries.Remove(id);
        }
        Directory.Delete(Path.Combine(directory, id), recursive: true);
        return true;
    }

    /// <summary>Runs what is asked for, one after the other, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await foreach (var id in waiting.Reader.ReadAllAsync(ct))
            {
                Entry? entry;
                lock (gate)
                {
                    entry = entries.GetValueOrDefault(id);
                    if (entry is not { View.State: StudyState.Waiting }) continue;
                    Set(entry, entry.View with { State = StudyState.Running });
                }
                await Task.Run(() => RunAsync(entry, ct), CancellationToken.None);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The program ends.
        }
    }

    private async Task RunAsync(Entry entry, CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, entry.Stop.Token);
        try
        {
            var from = entry.From ?? await branch(entry.Scenario.City, entry.Scenario.At!.Value, either.Token);
            entry.From = null;
            var result = StudyRun.Solve(from, entry.Scenario, threads, done => { lock (gate) entry.View = entry.View with { Progress = Math.Max(entry.View.Progress, Math.Round(done, 3)) }; }, either.Token);
            foreach (var export in StudyExports.Of(result)) Write(entry.View.Id, export.Name, export.Bytes);
            Write(entry.View.Id, "report.json", result.Report.ToJson());
            End(StudyState.Done, null);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // When the program ends it stays as it is, and runs again.
            if (!ct.IsCancellationRequested) End(StudyState.Cancelled, null);
        }
        catch (Exception e)
        {
            End(StudyState.Failed, e.Message);
        }

        void End(StudyState state, string? fault)
        {
            lock (gate) Set(entry, entry.View with { State = state, Progress = state == StudyState.Done ? 1 : entry.View.Progress, Fault = fault });
        }
    }

    private void Load(string path)
    {
        try
        {
            var view = JsonSerializer.Deserialize<StudyView>(File.ReadAllBytes(Path.Combine(path, "study.json")), Json)!;
            if (view.Id != Path.GetFileName(path)) return;
            var scenario = ScenarioFile.Read("scenario", File.ReadAllBytes(Path.Combine(path, "scenario.json")));
            var again = view.State is StudyState.Waiting or StudyState.Running;
            entries[view.Id] = new(scenario with { At = scenario.At ?? DateTimeOffset.Parse(view.Asked, CultureInfo.InvariantCulture) }, again ? view with { State = StudyState.Waiting, Progress = 0 } : view);
            if (again) waiting.Writer.TryWrite(view.Id);
        }
        catch (Exception e) when (e is IOException or JsonException or InputException or FormatException)
        {
            // Half of one, from before it was taken in: nobody was told of it.
        }
    }

    /// <summary>Within the gate.</summary>
    private void Set(Entry entry, StudyView view)
    {
        entry.View = view;
        Keep(entry);
    }

    private void Keep(Entry entry) => Write(entry.View.Id, "study.json", JsonSerializer.SerializeToUtf8Bytes(entry.View, Json));

    private void Forget()
    {
        List<string> old;
        lock (gate) old = [.. entries.Values.Where(static entry => entry.View.State is not (StudyState.Waiting or StudyState.Running)).Select(static entry => entry.View.Id).Order(StringComparer.Ordinal).Take(Math.Max(0, entries.Count - KeptMax))];
        foreach (var id in old) Remove(id);
    }

    private void Write(string id, string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.Combine(directory, id));
        var beside = PathOf(id, name + ".new");
        File.WriteAllBytes(beside, bytes);
        File.Move(beside, PathOf(id, name), overwrite: true);
    }

    private string PathOf(string id, string name) => Path.Combine(directory, id, name);

    private sealed class Entry(Scenario scenario, StudyView view)
    {
        public Scenario Scenario { get; } = scenario;

        public StudyView View { get; set; } = view;

        /// <summary>The base it was checked against, until it runs; null after a restart, when it is branched again.</summary>
        public StudyBase? From { get; set; }

        public CancellationTokenSource Stop { get; } = new();
    }
}
