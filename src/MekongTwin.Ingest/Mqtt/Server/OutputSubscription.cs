using Microsoft.Extensions.Logging;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>The connection a subscription sends to.</summary>
/// <param name="MaximumSize">The largest packet the client takes; larger messages are skipped and counted [MQTT-3.1.2-24].</param>
internal sealed record SubscriptionTarget(PacketOutput Output, ProtocolVersion Version, long MaximumSize, string ClientId, ILogger Logger);

/// <summary>
/// Sends the twin's outputs that match one filter, QoS 0. It takes the next message only after the one before has left:
/// a slow client slows this loop alone, and <see cref="IOutputs"/> coalesces meanwhile.
/// </summary>
internal sealed class OutputSubscription(SubscriptionRequest request, IOutputs outputs, SubscriptionTarget target) : IDisposable
{
    /// <summary>Bytes sent in one turn when messages are ready, before acknowledgements get theirs.</summary>
    private const int BurstBytes = 16 * 1024;

    private readonly CancellationTokenSource _stopping = new();

    public Task Completion { get; private set; } = Task.CompletedTask;

    public void Start() => Completion = RunAsync(_stopping.Token);

    public void Stop() => _ = _stopping.CancelAsync();

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync(CancellationToken ct)
    {
        // The twin may have much to say at once: not on the read loop's stack.
        await Task.Yield();
        try
        {
            await PumpAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
        catch (Exception fault)
        {
            MqttLog.SubscriptionFailed(target.Logger, fault, target.ClientId, request.Filter);
        }
    }

    private async Task PumpAsync(CancellationToken ct)
    {
        await using IAsyncEnumerator<OutputMessage> messages = outputs.WatchAsync(request.Filter, ct).GetAsyncEnumerator(ct);
        bool any = await messages.MoveNextAsync();
        while (any)
        {
            await target.Output.EnterAsync(ct);
            ValueTask<bool> next = WriteReady(messages);
            if (!await target.Output.LeaveAsync())
            {
                Stop();
            }

            any = await next;
        }
    }

    /// <summary>Writes the current message and those that are ready; returns the move to the one after.</summary>
    private ValueTask<bool> WriteReady(IAsyncEnumerator<OutputMessage> messages)
    {
        try
        {
            int written = 0;
            while (true)
            {
                int size = ServerPackets.Publish(
                    target.Output.Writer, target.Version, messages.Current, request.Identifier, target.MaximumSize);
                MqttMeters.OutputsSkipped.Add(size == 0 ? 1 : 0);
                written += size;
                ValueTask<bool> next = messages.MoveNextAsync();
                if (!next.IsCompletedSuccessfully || written >= BurstBytes)
                {
                    return next;
                }

                if (!next.Result)
                {
                    return ValueTask.FromResult(false);
                }
            }
        }
        catch (Exception fault)
        {
            return ValueTask.FromException<bool>(fault);
        }
    }
}
