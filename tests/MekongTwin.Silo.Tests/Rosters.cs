using System.Net;
using MekongTwin.Silo.Running;
using MekongTwin.Silo.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace MekongTwin.Silo.Tests;

public sealed class Rosters
{
    private static readonly DateTime Seen = new(2026, 11, 21, 7, 59, 58, DateTimeKind.Utc);

    private readonly List<string> _said = [];
    private readonly MovingClock _clock = new();
    private readonly SiloRoster _roster;

    public Rosters() => _roster = new(_clock, new Heard(_said));

    [Fact]
    public void WhoDiesIsMissingUntilItIsBack()
    {
        Look([Silo("one", 1, SiloStatus.Active), Silo("two", 1, SiloStatus.Active)]);
        Assert.Equal((true, "2 silos (one, two)"), (_roster.Health.Healthy, _roster.Health.Detail));
        var dead = new[] { Silo("one", 1, SiloStatus.Active), Silo("two", 1, SiloStatus.Dead) };
        Assert.True(_roster.Misses(dead));
        Look(dead, Name("two", stopped: false, session: true));
        Assert.False(_roster.Misses(dead));
        var health = _roster.Health;
        Assert.Equal((false, false, new DateTimeOffset(Seen)), (health.Healthy, health.Required, health.Since));
        Assert.Equal("Gone: two (since 2026-11-21T07:59:58Z); left: 1 silo (one). Start what is gone again. The broker keeps a share of the stream for each of them, a day at most: start it again under its name until that has come; one that shall stay away is then taken off the list with 'silos forget NAME'.", health.Detail);
        Look([.. dead, Silo("two", 2, SiloStatus.Active)]);
        Assert.True(_roster.Health.Healthy);
        Assert.Equal(
        [
            "Silo one at 127.0.0.1:3 has joined: 1 silo (one).", "Silo two at 127.0.0.1:3 has joined: 2 silos (one, two).",
            "Silo two is gone; left: 1 silo (one). They take its partitions over, and nothing that was acknowledged is lost. Start it again.", "Silo two at 127.0.0.1:3 has joined: 2 silos (one, two).",
        ], _said);
    }

    [Fact]
    public void WhoIsStoppedIsMissedOnlyWhenTheBrokerWaitsForIt()
    {
        Look([Silo("one", 1, SiloStatus.Active), Silo("two", 1, SiloStatus.Active), Silo("three", 1, SiloStatus.Active)]);
        // Active, then dead: that it was stopping need not have been seen.
        Look([Silo("one", 1, SiloStatus.Active), Silo("two", 1, SiloStatus.Dead), Silo("three", 1, SiloStatus.Dead)], Name("two", stopped: true, session: true), Name("three", stopped: true, session: false));
        Assert.Equal("Silo two has stopped; left: 2 silos (one, three).", _said.Single(line => line.StartsWith("Silo two has stopped", StringComparison.Ordinal)));
        Assert.True(_roster.Health.Healthy);
        _clock.Now += TimeSpan.FromMinutes(3);
        Assert.StartsWith("Stopped: two (since 2026-11-21T07:59:58Z). The broker keeps a share", _roster.Health.Detail, StringComparison.Ordinal);
        // Somebody took it off the list.
        _roster.Look([Name("three", stopped: true, session: false)]);
        Assert.True(_roster.Health.Healthy);
    }

    [Fact]
    public void ASiloThatIsStartedAgainBeforeItIsFoundDeadIsNotMissing()
    {
        Look([Silo("two", 1, SiloStatus.Active)]);
        SiloMembers();
        // The dead are reported for an hour.
        SiloMembers();
        Assert.True(_roster.Health.Healthy);

        void SiloMembers()
        {
            Look([Silo("two", 2, SiloStatus.Active), Silo("two", 1, SiloStatus.Dead)]);
            _roster.Look([Name("two", stopped: false, session: true)]);
        }
    }

    [Fact]
    public void WhoWasGoneBeforeThisOneStartedIsMissedToo()
    {
        Look([Silo("one", 1, SiloStatus.Active), Silo("old", 1, SiloStatus.Dead)]);
        Assert.True(_roster.Health.Healthy);
        _roster.Look([Name("one", stopped: false, session: true), Name("old", stopped: false, session: true)]);
        Assert.StartsWith("Gone: old (since", _roster.Health.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("I have been told I am dead, so this silo will stop! Reason: ...", "Silo one was declared dead by the others (it did not answer them, or could not write to PostgreSQL), which have its partitions. It ends now; start it again.")]
    [InlineData("deadlock detected", "Silo one cannot go on and ends now: deadlock detected. Start it again.")]
    [InlineData("A thing broke.\n   at Some.Frame()", "Silo one cannot go on and ends now: A thing broke. Start it again.")]
    public void ASiloEndsWithOneSentence(string context, string sentence) => Assert.Equal(sentence, SiloEnd.Sentence("one", context, null));

    private void Look(ClusterMember[] members, params SiloName[] names) => _roster.Look(members, names);

    private static SiloName Name(string name, bool stopped, bool session) => new(name, Seen, stopped, session);

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
