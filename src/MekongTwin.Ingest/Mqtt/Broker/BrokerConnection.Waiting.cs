using System.IO.Pipelines;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>Keep-alive, and leaving the broker.</summary>
internal sealed partial class BrokerConnection
{
    private void OnTick()
    {
        TimeSpan silence = _time.GetElapsedTime(Volatile.Read(ref _lastPacket));
        if (!IsConnected && silence >= _options.ConnectTimeout)
        {
            Fail(new TimeoutException("The broker does not answer CONNECT."));
        }
        else if (IsConnected && _keepAlive > TimeSpan.Zero && !_isWaitingItself && silence >= 1.5 * _keepAlive)
        {
            Fail(new TimeoutException("The broker has fallen silent."));
        }
        else if (IsConnected)
        {
            _ = PingAsync();
        }
    }

    /// <summary>A ping only when the way out is free; what keeps it busy shows the broker that this side lives.</summary>
    private async Task PingAsync()
    {
        try
        {
            if (_output.TryEnter())
            {
                ClientPackets.PingReq(_output.Writer);
                await _output.LeaveAsync();
            }
        }
        catch (Exception fault)
        {
            Fail(fault);
        }
    }

    /// <summary>DISCONNECT, so that the broker need not wait for the keep-alive; the session stays [MQTT-3.14.4].</summary>
    private async Task LeaveAsync()
    {
        try
        {
            if (IsConnected && _output.TryEnter())
            {
                ClientPackets.Disconnect(_output.Writer, _version, ReasonCode.Success);
                await Task.WhenAny(SeeOutAsync(_output.LeaveAsync()), Task.Delay(_options.ConnectTimeout, _time));
            }
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException)
        {
            // The way out ended first.
        }
    }

    /// <summary>
    /// One that leaves of its own accord reads until the broker has closed: closing on what is still unread would reset the
    /// connection, and the last acknowledgements would be lost on their way.
    /// </summary>
    private async Task SeeOutAsync(ValueTask<bool> sending)
    {
        bool alive = await sending;
        while (alive && _failure is null && _stopping.IsCancellationRequested)
        {
            ReadResult read = await _input.ReadAsync();
            _input.AdvanceTo(read.Buffer.End);
            alive = !read.IsCompleted;
        }
    }
}
