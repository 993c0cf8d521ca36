using System.Net;
using MekongTwin.Silo.Running;
using Orleans.Runtime;

namespace MekongTwin.Silo.Tests;

public sealed class LifeSignsTests
{
    private static readonly SiloAddress Own = SiloAddress.New(new(IPAddress.Loopback, 1), 1);
    private static readonly SiloAddress Other = SiloAddress.New(new(IPAddress.Loopback, 2), 1);

    private readonly LifeSigns _signs = new(Own);

    [Fact]
    public void ASiloThatSaysNothingWhileThisOneIsHeardIsSilent()
    {
        for (var second = 0; second <= 20; second++) Assert.Empty(Look(second, own: second, other: 0));
        Assert.Equal([Other], Look(21, own: 21, other: 0));
    }

    [Fact]
    public void WhoSaysSomethingNewIsNotSilentWhateverItsClockShows()
    {
        for (var second = 0; second <= 100; second++) Assert.Empty(Look(second, own: second, other: -1000 - second / 15));
    }

    [Fact]
    public void NobodyIsSilentWhileTheDatabaseTakesNothing()
    {
        for (var second = 0; second <= 100; second++) Assert.Empty(Look(second, own: 0, other: 0));
        // It takes something again, this one's word first.
        for (var second = 101; second < 190; second++) Assert.Empty(Look(second, own: second, other: 0));
        Assert.Equal([Other], Look(190, own: 190, other: 0));
    }

    [Fact]
    public void NobodyIsSilentForTheTimeTheDatabaseWasAway()
    {
        Look(0, own: 0, other: 0);
        _signs.Forget();
        Assert.Empty(Look(100, own: 100, other: 0));
        // The others need a while to say something again.
        Assert.Empty(Look(189, own: 189, other: 0));
        Assert.Equal([Other], Look(190, own: 190, other: 0));
    }

    private IReadOnlyList<SiloAddress> Look(int second, int own, int other) => _signs.Look(new Dictionary<SiloAddress, DateTime>
    {
        [Own] = DateTime.UnixEpoch.AddSeconds(own),
        [Other] = DateTime.UnixEpoch.AddSeconds(other),
    }, TimeSpan.FromSeconds(second));
}
