using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// Kestrel's way in: <c>kestrel.ListenAnyIP(1883, listen =&gt; listen.UseConnectionHandler&lt;MqttConnectionHandler&gt;())</c>;
/// for TLS, <c>listen.UseHttps(…)</c> before it.
/// </summary>
public sealed class MqttConnectionHandler(MqttServer server) : ConnectionHandler
{
    /// <summary>How long a silent peer may take to fetch its last bytes before the socket is torn down.</summary>
    private static readonly TimeSpan LastBytesGrace = TimeSpan.FromSeconds(5);

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        CancellationToken stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
            ?? CancellationToken.None;
        CloseReason reason = await server.RunAsync(connection.Transport, stopping);
        if (reason is CloseReason.KeepAliveTimeout or CloseReason.SendTimeout or CloseReason.TakenOver or CloseReason.ConnectTimeout
            or CloseReason.NotAuthorized)
        {
            _ = AbortLaterAsync(connection);
        }
    }

    /// <summary>A peer that is gone would hold its socket until the transport gives up, many minutes.</summary>
    private async Task AbortLaterAsync(ConnectionContext connection)
    {
        await Task.Delay(LastBytesGrace, server.Time);
        connection.Abort();
    }
}
