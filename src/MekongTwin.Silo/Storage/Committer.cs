using System.Threading.Channels;
using MekongTwin.Silo.Grains;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>
/// One a silo: commits the blocks of all its partitions in one transaction after another. While the database is away it
/// tries again, and what waits for it waits; nothing is acknowledged meanwhile.
/// </summary>
internal sealed class Committer(PartitionTable table) : BackgroundService
{
    /// <summary>Blocks that wait at most; then the partitions wait.</summary>
    public const int WaitingMax = 1024;

    private static readonly TimeSpan RetryFrom = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryTo = TimeSpan.FromSeconds(5);

    /// <summary>Refusals of a group before its blocks are tried one by one.</summary>
    private const int RefusalsMax = 3;

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(WaitingMax) { SingleReader = true });

    /// <summary>Hears of faults of our own; that the database is away is told by the health page.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>Why it does not get on, or null while it does.</summary>
    public string? Fault { get; private set; }

    /// <summary>Completes when the block is committed; throws <see cref="NotTheWriterException"/> when another has taken the partition over.</summary>
    public async Task CommitAsync(BlockToWrite block, CancellationToken ct)
    {
        var waiting = new Waiting(block, new(TaskCreationOptions.RunContinuationsAsynchronously));
        await _waiting.Writer.WriteAsync(waiting, ct);
        await waiting.Done.Task.WaitAsync(ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var group = new List<Waiting>();
        var later = new List<Waiting>();
        try
        {
            while (later.Count > 0 || await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                Gather(group, later);
                await CommitAsync(group, later, stoppingToken);
                group.Clear();
            }
        }
        finally
        {
            _waiting.Writer.TryComplete();
            while (_waiting.Reader.TryRead(out var left)) later.Add(left);
            foreach (var waiting in group.Concat(later)) waiting.Done.TrySetCanceled(CancellationToken.None);
        }
    }

    /// <summary>At most one block of each partition: the next one begins where it ends.</summary>
    private void Gather(List<Waiting> group, List<Waiting> later)
    {
        var partitions = group.Select(waiting => waiting.Block.Partition).ToHashSet();
        for (var i = 0; i < later.Count; i++)
        {
            if (!partitions.Add(later[i].Block.Partition)) continue;
            group.Add(later[i]);
            later.RemoveAt(i--);
        }
        while (later.Count < WaitingMax && _waiting.Reader.TryRead(out var waiting))
        {
            if (partitions.Add(waiting.Block.Partition)) group.Add(waiting);
            else later.Add(waiting);
        }
    }

    private async Task CommitAsync(List<Waiting> group, List<Waiting> later, CancellationToken ct)
    {
        var retry = RetryFrom;
        var refusals = 0;
        while (group.Count > 0)
        {
            try
            {
                if (refusals >= RefusalsMax && group.Count > 1)
                {
                    await CommitEachAsync(group, ct);
                    Fault = null;
                    return;
                }
                var lost = await table.WriteAsync([.. group.Select(waiting => waiting.Block)], ct);
                if (lost.Count == 0)
                {
                    Fault = null;
                    foreach (var waiting in group) waiting.Done.TrySetResult();
                    return;
                }
                foreach (var waiting in group.Where(waiting => lost.Contains(waiting.Block.Partition))) waiting.Done.TrySetException(new NotTheWriterException(waiting.Block.Partition));
                group.RemoveAll(waiting => lost.Contains(waiting.Block.Partition));
            }
            // Whatever it is: if this loop ended, nothing would be acknowledged here any more, and nobody would say so.
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                Fault = $"PostgreSQL cannot be written: {PostgresFault.Reason(e)}. Nothing is acknowledged until it can; it resumes by itself.";
                if (!PostgresFault.Is(e) && e is not OperationCanceledException) StorageLog.Failed(Logger, e);
                if (e is PostgresException) refusals++;
                if (PostgresFault.IsReadOnly(e)) table.ForgetConnections();
                await Task.Delay(retry, ct);
                retry = retry * 2 < RetryTo ? retry * 2 : RetryTo;
                Gather(group, later);
            }
        }
    }

    /// <summary>
    /// One partition's block that the server refuses shall not hold up the others: when some go through, those that do not fail,
    /// and their partitions start anew. When none does, it is the server, and the group stays as it is.
    /// </summary>
    private async Task CommitEachAsync(List<Waiting> group, CancellationToken ct)
    {
        var refused = new List<(Waiting Waiting, Exception Why)>();
        var settled = new List<Waiting>();
        foreach (var waiting in group)
        {
            try
            {
                if ((await table.WriteAsync([waiting.Block], ct)).Count == 0) waiting.Done.TrySetResult();
                else waiting.Done.TrySetException(new NotTheWriterException(waiting.Block.Partition));
                settled.Add(waiting);
            }
            catch (PostgresException e)
            {
                refused.Add((waiting, e));
            }
        }
        if (settled.Count == 0) throw refused[0].Why;
        group.Clear();
        foreach (var (waiting, why) in refused) waiting.Done.TrySetException(new InvalidOperationException($"PostgreSQL refuses a block of partition {waiting.Block.Partition}: {PostgresFault.Reason(why)}. See its log; the other partitions go on.", why));
    }

    private sealed record Waiting(BlockToWrite Block, TaskCompletionSource Done);
}

/// <summary>Another activation has taken the partition over: this one must go.</summary>
[GenerateSerializer, Alias("mt.not-the-writer")]
public sealed class NotTheWriterException(int partition) : Exception($"Partition {partition} has another writer by now.");

internal static partial class StorageLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "A commit failed for a fault of this program")]
    public static partial void Failed(ILogger logger, Exception exception);
}
