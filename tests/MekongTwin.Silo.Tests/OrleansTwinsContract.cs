using MekongTwin.Contracts;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Silo.Tests;

/// <summary>The cluster edition keeps the contract of the twins, on two silos and a real PostgreSQL.</summary>
public sealed class OrleansTwinsContract(Cluster cluster) : TwinsContract, IClassFixture<Cluster>
{
    // Orleans decides how many loops run.
    protected override IReadOnlyList<int> WorkerCounts => [1];

    protected override async ValueTask<ITwinsFixture> OpenAsync(TwinsSetup setup) => new Fixture(await cluster.OpenAsync(setup.Model, partitions: 1));

    private sealed class Fixture(RegionUnderTest region) : ITwinsFixture
    {
        public ITwins Twins => region.Twins;

        public int? BrokenPoint
        {
            get => region.BrokenPoint;
            set => region.BrokenPoint = value;
        }

        public void AddApplied(ReadOnlySpan<Reading> readings)
        {
            // A partition does it itself.
        }

        public async ValueTask<Facts> ReadFactsAsync() => await region.ReadFactsAsync();

        public async ValueTask RestartAsync()
        {
            await region.SettleAsync();
            await region.LeaveAsync();
        }

        public ValueTask DisposeAsync() => region.DisposeAsync();
    }
}
