using MekongTwin.Contracts;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Twins;

namespace MekongTwin.Silo.Tests;

/// <summary>The cluster edition keeps the contract of the twins, on two silos.</summary>
public sealed class OrleansTwinsContract(Cluster cluster) : TwinsContract, IClassFixture<Cluster>
{
    // Orleans decides how many loops run.
    protected override IReadOnlyList<int> WorkerCounts => [1];

    protected override async ValueTask<ITwinsFixture> OpenAsync(TwinsSetup setup)
    {
        var fixture = new Fixture(cluster, setup);
        await fixture.StartAsync(0);
        return fixture;
    }

    private sealed class Fixture(Cluster cluster, TwinsSetup setup) : ITwinsFixture
    {
        private readonly string _name = Guid.NewGuid().ToString("N");
        private readonly SharedStore _store = new();
        private readonly SharedReadings _readings = new();
        private OrleansTwins _twins = null!;
        private Region _region = null!;
        private long _epoch;
        private int _starts;

        public ITwins Twins => _twins;

        public int? BrokenPoint
        {
            get => _readings.Broken;
            set => _readings.Broken = value;
        }

        public void AddApplied(ReadOnlySpan<Reading> readings) => _readings.Add(readings);

        public ValueTask<Facts> ReadFactsAsync() => new(_store.Facts);

        /// <summary>Other grains, of another name, over the same store.</summary>
        public async Task StartAsync(long applied)
        {
            _region = new($"{_name}-{++_starts}", setup.Model, partitions: 1)
            {
                Readings = _readings,
                Store = _store,
                StoredLatest = asset => _store.LatestOf(setup.Model.PointsOf(asset.Number)),
                StoredOffset = _ => applied,
                NextEpochAsync = _ => new(Interlocked.Increment(ref _epoch)),
            };
            Cluster.Regions.Add(_region);
            _twins = new(cluster.Silos.GrainFactory, _region);
            await _twins.StartAsync();
        }

        public async ValueTask RestartAsync()
        {
            var applied = (await _twins.AppliedAsync(CancellationToken.None)).Offsets[0];
            await DisposeAsync();
            await StartAsync(applied);
        }

        public async ValueTask DisposeAsync()
        {
            await _twins.DisposeAsync();
            Cluster.Regions.Remove(_region.Name);
        }
    }
}
