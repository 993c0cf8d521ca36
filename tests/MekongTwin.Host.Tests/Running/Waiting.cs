using MekongTwin.Host.Running;

namespace MekongTwin.Host.Tests.Running;

/// <summary>Waiting for an offset: who waits goes on when it is reached, not before, and everybody does.</summary>
public sealed class Waiting
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhatIsReachedIsNotWaitedFor()
    {
        var progress = new Progress(10);
        await progress.WaitAsync(10, Ct);
        progress.Advance(5);
        await progress.WaitAsync(10, Ct);
    }

    [Fact]
    public async Task EverybodyGoesOnWhenTheirOffsetIsReached()
    {
        var progress = new Progress(0);
        var waiting = Enumerable.Range(1, 50).Select(offset => progress.WaitAsync(offset, Ct)).ToList();
        for (var offset = 1; offset <= 50; offset++)
        {
            Assert.False(waiting[offset - 1].IsCompleted);
            progress.Advance(offset);
            await waiting[offset - 1].WaitAsync(Patience.Long, Ct);
        }
    }

    [Fact]
    public async Task WhoGivesUpHoldsNobodyUp()
    {
        var progress = new Progress(0);
        using var stop = new CancellationTokenSource();
        var (gone, stays) = (progress.WaitAsync(1, stop.Token), progress.WaitAsync(1, Ct));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        progress.Advance(2);
        await stays.WaitAsync(Patience.Long, Ct);
    }
}
