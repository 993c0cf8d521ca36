using System.Net;
using System.Net.Sockets;

namespace MekongTwin.Simulators.Mqtt;

/// <summary>Opens the TCP connection: a name's addresses one after the other, each with a time of its own.</summary>
internal static class Dialer
{
    /// <summary>One address that swallows everything must not keep the next from being tried.</summary>
    private static readonly TimeSpan AddressTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Throws <see cref="MqttException"/> with what each address answered.</summary>
    public static async Task<Socket> ConnectAsync(MqttEndpoint endpoint, CancellationToken ct)
    {
        try
        {
            return await ConnectAsync(await Dns.GetHostAddressesAsync(endpoint.Host, ct), endpoint.Port, ct);
        }
        catch (SocketException exception)
        {
            throw new MqttException(exception.Message, exception);
        }
    }

    public static async Task<Socket> ConnectAsync(IReadOnlyList<IPAddress> addresses, int port, CancellationToken ct)
    {
        var failures = new List<string>();
        foreach (var address in addresses)
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
            deadline.CancelAfter(AddressTimeout);
            Socket? socket = null;
            try
            {
                // Also where the machine speaks no such protocol: that is one more address without an answer.
                socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(address, port, deadline.Token);
                return socket;
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                socket?.Dispose();
                ct.ThrowIfCancellationRequested();
                failures.Add($"{address} ({(exception is SocketException ? exception.Message : $"no answer for {AddressTimeout.TotalSeconds:0} s")})");
            }
        }
        throw new MqttException($"no connection to {string.Join(", ", failures)}.");
    }
}
