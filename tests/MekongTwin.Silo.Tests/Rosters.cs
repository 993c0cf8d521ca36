using System.Net;
using MekongTwin.Silo.Running;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace MekongTwin.Silo.Tests;

public sealed class Rosters
{
    private readonly List<string> _said = [];
    private readonly MovingClock _clock = new();
    private readonly SiloRoster _roster;

    public Rosters() => _roster = new(_clock, new Heard(_said));

    [Fact]
    public void WhoDiesIsMissingUntilItIsBack()
    {
        _roster.Look([Silo("one", 1, SiloStatus.Active), Silo("two", 1, SiloStatus.Active)]);
        Assert.Equal((true, "2 silos (one, two)"), (_roster.Health.Healthy, _roster.Health.Detail));
        _roster.Look([Silo("one", 1, SiloStatus.Active), Silo("two", 1, SiloStatus.Dead)]);
        var health = _roster.Health;
        Assert.Equal((false, false, _clock.GetUtcNow()), (health.Healthy, health.Required, health.Since));
        Assert.Equal("Silo two is gone; left: 1 silo (one). Start it again; what stays away is forgotten after an hour.", health.Detail);
        _roster.Look([Silo("one", 1, SiloStatus.Active), Silo("two", 1, SiloStatus.Dead), Silo("two", 2, SiloStatus.Active)]);
        Assert.True(_roster.Health.Healthy);
        Assert.Equal(
        [
            "Silo one at 127.0.0.1:3 has joined: 1 silo (one).", "Silo two at 127.0.0.1:3 has joined: 2 silos (one, two).",
            "Silo two is gone; left: 1 silo (one). They take its partitions over, and nothing that was acknowledged is lost. Start it again.", "Silo two at 127.0.0.1:3 has joined: 2 silos (one, two).",
        ], _said);
    }

    [Fact]
    public void WhoIsStoppedIsNotMissing()
    {
        _roster.Look([Silo("one", 1, SiloStatus.Active), Silo("two", 1, SiloStatus.Active)]);
        _roster.Look([Silo("one", 1, SiloStatus.Active), Silo("two", 1, SiloStatus.ShuttingDown)]);
        _roster.Look([Silo("one", 1, SiloStatus.Active), Silo("two", 1, SiloStatus.Dead)]);
        Assert.True(_roster.Health.Healthy);
        Assert.Equal("Silo two has stopped; left: 1 silo (one).", _said[^1]);
    }

    [Fact]
    public void ASiloThatIsStartedAgainBeforeItIsFoundDeadIsNotMissing()
    {
        _roster.Look([Silo("two", 1, SiloStatus.Active)]);
        _roster.Look([Silo("two", 1, SiloStatus.Dead), Silo("two", 2, SiloStatus.Active)]);
        Assert.True(_roster.Health.Healthy);
        // The dead are reported for an hour.
        _roster.Look([Silo("two", 1, SiloStatus.Dead), Silo("two", 2, SiloStatus.Active)]);
        Assert.True(_roster.Health.Healthy);
    }

    [Fact]
    public void WhoWasDeadBeforeThisOneLookedIsNobodysBusinessAndTheMissingAreForgotten()
    {
        _roster.Look([Silo("one", 1, SiloStatus.Active), Silo("old", 1, SiloStatus.Dead), Silo("two", 1, SiloStatus.Active)]);
        Assert.True(_roster.Health.Healthy);
        _roster.Look([Silo("one", 1, SiloStatus.Active), Silo("two", 1, SiloStatus.Dead)]);
        _clock.Now += TimeSpan.FromMinutes(60);
        Assert.False(_roster.Health.Healthy);
        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.True(_roster.Health.Healthy);
    }

    [Theory]
    [InlineData("I have been told I am dead, so this silo will stop! Reason: ...", "Silo one was declared dead by the others (it did not answer them, or could not write to PostgreSQL), which have its partitions. It ends now; start it again.")]
    [InlineData("A thing broke.\n   at Some.Frame()", "Silo one cannot go on and ends now: A thing broke. Start it again.")]
    public void ASiloEndsWithOneSentence(string context, string sentence) => Assert.Equal(sentence, SiloEnd.Sentence("one", context, null));

    private static ClusterMember Silo(string name, int generation, SiloStatus status) => new(SiloAddress.New(new(IPAddress.Loopback, name.Length), generation), status, name);

    private sealed class MovingClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Heard(List<string> said) : ILogger<SiloRoster>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => said.Add(formatter(state, exception));
    }
}
