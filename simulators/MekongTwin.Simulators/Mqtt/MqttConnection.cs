using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MekongTwin.Simulators.Mqtt;

/// <summary>One TCP connection past its CONNECT. Sending and receiving may run side by side, each by one caller at a time.</summary>
internal sealed class MqttConnection : IDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly MqttReplies _replies;
    private readonly byte[] _buffer = new byte[65_536];
    private int _wakeAtBytes = 1;

    private MqttConnection(Socket socket, MqttReplies replies, int receiveMaximum) =>
        (_socket, _replies, ReceiveMaximum) = (socket, replies, receiveMaximum);

    /// <summary>How many QoS 1 publishes the server lets be in flight.</summary>
    public int ReceiveMaximum { get; }

    /// <summary>True when a read would not wait: something arrived, or the connection is closed.</summary>
    public bool HasReplies => _socket.Poll(0, SelectMode.SelectRead);

    /// <summary>Connects and waits for the CONNACK. Throws <see cref="MqttException"/> where the server refuses or nobody answers.</summary>
    public static async Task<MqttConnection> OpenAsync(MqttEndpoint endpoint, string clientId, IMqttReplySink sink, CancellationToken ct)
    {
        Socket? socket = null;
        try
        {
            socket = await Dialer.ConnectAsync(endpoint, ct);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
            deadline.CancelAfter(AnswerTimeout);
            await socket.SendAsync(MqttPacket.Connect(endpoint, clientId), deadline.Token);
            var handshake = new Handshake();
            var replies = new MqttReplies(handshake);
            var buffer = new byte[512];
            while (handshake.Reason is null)
            {
                var count = await socket.ReceiveAsync(buffer, deadline.Token);
                if (count == 0) throw new MqttException("The server closed the connection before its CONNACK.");
                replies.Feed(buffer.AsSpan(0, count));
            }
            if (handshake.Reason != 0) throw new MqttException($"The server refused the connection: reason 0x{handshake.Reason:x2}.");
            return new(socket, new(sink), handshake.ReceiveMaximum);
        }
        catch (Exception exception) when (exception is MqttException or SocketException or InvalidDataException or OperationCanceledException)
        {
            socket?.Dispose();
            ct.ThrowIfCancellationRequested();
            throw new MqttException($"{endpoint}: {exception.Message}", exception);
        }
    }

    /// <summary>Writes all of the bytes.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await GuardAsync(_socket.SendAsync(bytes, ct), ct)..];
        }
    }

    /// <summary>Waits for one read and hands its replies to the sink.</summary>
    public async ValueTask ReceiveAsync(CancellationToken ct)
    {
        var count = await GuardAsync(_socket.ReceiveAsync(_buffer, ct), ct);
        if (count == 0) throw new MqttException("The server closed the connection.");
        Feed(count);
    }

    /// <summary>
    /// Lets a waiting read sleep until this many acknowledgements have arrived (SO_RCVLOWAT; a closed connection wakes it
    /// anyway). The server must owe at least as many. A hint: other systems than Linux wake at the first byte.
    /// </summary>
    public void WakeAt(long acknowledgements)
    {
        const int SocketLevel = 1;
        const int ReceiveLowWater = 18;
        const int AcknowledgementBytes = 4;
        var bytes = (int)Math.Clamp(acknowledgements * AcknowledgementBytes, 1, _buffer.Length / 4);
        if (bytes == _wakeAtBytes || !OperatingSystem.IsLinux()) return;
        _wakeAtBytes = bytes;
        _socket.SetRawSocketOption(SocketLevel, ReceiveLowWater, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in bytes)));
    }

    public void Dispose() => _socket.Dispose();

    private void Feed(int count)
    {
        try
        {
            _replies.Feed(_buffer.AsSpan(0, count));
        }
        catch (InvalidDataException exception)
        {
            throw new MqttException(exception.Message, exception);
        }
    }

    private static async ValueTask<int> GuardAsync(ValueTask<int> transfer, CancellationToken ct)
    {
        try
        {
            return await transfer;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            ct.ThrowIfCancellationRequested();
            throw new MqttException(exception.Message, exception);
        }
    }

    private sealed class Handshake : IMqttReplySink
    {
        public byte? Reason { get; private set; }

        public int ReceiveMaximum { get; private set; }

        public void OnConnected(byte reason, int receiveMaximum) => (Reason, ReceiveMaximum) = (reason, receiveMaximum);

        public void OnAcknowledged(ushort id, byte reason) => throw new InvalidDataException("PUBACK before CONNACK.");

        public void OnPong() => throw new InvalidDataException("PINGRESP before CONNACK.");

        public void OnDisconnected(byte reason) => throw new InvalidDataException($"DISCONNECT 0x{reason:x2} before CONNACK.");
    }
}

/// <summary>The connection is lost or was refused; the caller may connect again.</summary>
internal sealed class MqttException : Exception
{
    public MqttException(string message)
        : base(message)
    {
    }

    public MqttException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
