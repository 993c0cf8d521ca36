using System.Threading.Channels;

namespace MekongTwin.Host.Twins;

/// <summary>
/// A few loops that each own a share of the twins. <see cref="RunAsync"/> hands every loop its part of a step and ends when
/// all have done it; a single loop runs it on the caller.
/// </summary>
internal sealed class WorkerPool : IAsyncDisposable
{
    private readonly Channel<Work>[] _queues;
    private readonly Task[] _loops;

    public WorkerPool(int workers)
    {
        Count = Math.Max(1, workers);
        _queues = [.. Enumerable.Range(0, Count - 1).Select(_ => Channel.CreateBounded<Work>(1))];
        _loops = [.. _queues.Select(queue => Task.Run(() => LoopAsync(queue.Reader)))];
    }

    public int Count { get; }

    /// <summary>Runs the step once for every worker, 0 to Count - 1; the caller is the last.</summary>
    public async ValueTask RunAsync(Action<int> step)
    {
        var done = new Task[_queues.Length];
        for (var i = 0; i < _queues.Length; i++)
        {
            var work = new Work(step, i, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            done[i] = work.Done.Task;
            await _queues[i].Writer.WriteAsync(work);
        }
        step(Count - 1);
        await Task.WhenAll(done);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var queue in _queues) queue.Writer.Complete();
        await Task.WhenAll(_loops);
    }

    private static async Task LoopAsync(ChannelReader<Work> queue)
    {
        await foreach (var work in queue.ReadAllAsync())
        {
            try
            {
                work.Step(work.Worker);
                work.Done.SetResult();
            }
            catch (Exception e)
            {
                work.Done.SetException(e);
            }
        }
    }

    private sealed record Work(Action<int> Step, int Worker, TaskCompletionSource Done);
}
