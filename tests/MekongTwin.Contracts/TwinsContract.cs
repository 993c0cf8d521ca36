using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Contracts;

/// <summary>
/// What every edition of <see cref="ITwins"/> keeps, whatever it runs on. An edition's tests derive from this class, say
/// how its twins are opened, and get the whole suite.
/// </summary>
public abstract partial class TwinsContract
{
    /// <summary>Opens the edition's twins over an empty store.</summary>
    protected abstract ValueTask<ITwinsFixture> OpenAsync(TwinsSetup setup);

    /// <summary>How many loops the edition is tried with.</summary>
    protected virtual IReadOnlyList<int> WorkerCounts => [1, 2, 3];

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Applies readings in batches as a tailer would, and gives every outcome and every twin that failed.</summary>
    protected static async Task<(List<FoldOutcome> Outcomes, List<AssetId> Faulted)> ApplyAsync(ITwinsFixture fixture, IReadOnlyList<Reading> readings, int batchSize)
    {
        var outcomes = new List<FoldOutcome>(readings.Count);
        var faulted = new List<AssetId>();
        var at = (await fixture.Twins.AppliedAsync(Ct)).Offsets[0];
        foreach (var chunk in readings.Chunk(batchSize))
        {
            var result = await fixture.Twins.ApplyAsync(new PartitionBatch(0, at, at + chunk.Length, chunk, [new BatchSlice(1, 0, 0, chunk.Length)]), Ct);
            at += chunk.Length;
            outcomes.AddRange(result.Outcomes.Span);
            faulted.AddRange(result.Faulted);
            fixture.AddApplied(chunk);
        }
        return (outcomes, faulted);
    }

    private async Task<Facts> FactsOfAsync(Model model, IReadOnlyList<Reading> readings, int batchSize, int workers = 1)
    {
        await using var fixture = await OpenAsync(new TwinsSetup(model, workers));
        await ApplyAsync(fixture, readings, batchSize);
        return await fixture.ReadFactsAsync();
    }

    private static void Shuffle(List<Reading> readings, int seed)
    {
        var random = new Random(seed);
        for (var i = readings.Count - 1; i > 0; i--)
        {
            var j = random.Next(i + 1);
            (readings[i], readings[j]) = (readings[j], readings[i]);
        }
    }

    private static int PointOf(Model model, string asset, string metric) => model.FindPoint(model.FindAsset(asset)!.Number, metric)!.Number;
}
