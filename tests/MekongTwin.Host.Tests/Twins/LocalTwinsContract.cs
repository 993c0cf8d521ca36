using MekongTwin.Contracts;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Host.Twins;

namespace MekongTwin.Host.Tests.Twins;

/// <summary>The embedded edition keeps the contract of the twins.</summary>
public sealed class LocalTwinsContract : TwinsContract
{
    protected override ValueTask<ITwinsFixture> OpenAsync(TwinsSetup setup) => new(new Fixture(setup));

    private sealed class Fixture : ITwinsFixture
    {
        private readonly TwinsSetup _setup;
        private readonly MemoryStore _store = new();
        private readonly MemoryReadings _readings = new();
        private LocalTwins _twins;

        public Fixture(TwinsSetup setup)
        {
            _setup = setup;
            _twins = Make(0);
        }

        public ITwins Twins => _twins;

        public int? BrokenPoint
        {
            get => _readings.Broken;
            set => _readings.Broken = value;
        }

        public void AddApplied(ReadOnlySpan<Reading> readings) => _readings.Add(readings);

        public ValueTask<Facts> ReadFactsAsync() => new(_store.Facts);

        public async ValueTask RestartAsync()
        {
            var applied = (await _twins.AppliedAsync(CancellationToken.None)).Offsets[0];
            await _twins.DisposeAsync();
            _twins = Make(applied);
        }

        public ValueTask DisposeAsync() => _twins.DisposeAsync();

        private LocalTwins Make(long applied) => new(_setup.Model, _readings, _store, applied, [.. _store.Latest], _setup.Workers);
    }
}
