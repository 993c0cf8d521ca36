using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MekongTwin.Benchmarks.Door;

/// <summary>
/// The least an MQTT 3.1.1 door on Kestrel can do: find packets by their length, look at the topic, acknowledge at once with
/// one write per read. It decodes no payload and keeps nothing, so the distance to it is what the twin's own work costs.
/// </summary>
internal sealed class ReferenceServer : ConnectionHandler
{
    private static long s_topicBytes;

    public static async Task<int> RunAsync(int port, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port == 0 ? FreePort() : port, listen => listen.UseConnectionHandler<ReferenceServer>()));
        await using var app = builder.Build();
        await app.StartAsync(ct);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Console.WriteLine($"The reference listens on {new Uri(address).Port}");
        await Task.Delay(Timeout.Infinite, ct);
        return 0;
    }

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            var read = await input.ReadAsync();
            var buffer = read.Buffer;
            Take(ref buffer, output, out var answers);
            input.AdvanceTo(buffer.Start, buffer.End);
            if (answers) await output.FlushAsync();
            if (read.IsCompleted) return;
        }
    }

    private static void Take(ref ReadOnlySequence<byte> buffer, PipeWriter output, out bool answers)
    {
        answers = false;
        var reader = new SequenceReader<byte>(buffer);
        long topicBytes = 0;
        while (TryReadPacket(ref reader, out var first, out var body))
        {
            var type = first >> 4;
            if (type == 3)
            {
                var packet = new SequenceReader<byte>(body);
                packet.TryReadBigEndian(out short length);
                packet.Advance(length);
                topicBytes += length;
                if ((first & 6) != 0 && packet.TryReadBigEndian(out short id))
                {
                    Answer(output, [0x40, 2, (byte)(id >> 8), (byte)id]);
                    answers = true;
                }
            }
            else if (type is 1 or 12)
            {
                Answer(output, type == 1 ? [0x20, 2, 0, 0] : [0xD0, 0]);
                answers = true;
            }
        }
        Interlocked.Add(ref s_topicBytes, topicBytes);
        buffer = buffer.Slice(reader.Position);
    }

    private static bool TryReadPacket(ref SequenceReader<byte> reader, out byte first, out ReadOnlySequence<byte> body)
    {
        body = default;
        var start = reader;
        if (!reader.TryRead(out first)) return false;
        int length = 0, shift = 0;
        byte part;
        do
        {
            if (!reader.TryRead(out part))
            {
                reader = start;
                return false;
            }
            length |= (part & 127) << shift;
            shift += 7;
        }
        while (part > 127);
        if (reader.Remaining < length)
        {
            reader = start;
            return false;
        }
        body = reader.UnreadSequence.Slice(0, length);
        reader.Advance(length);
        return true;
    }

    private static void Answer(PipeWriter output, ReadOnlySpan<byte> packet)
    {
        packet.CopyTo(output.GetSpan(packet.Length));
        output.Advance(packet.Length);
    }

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        socket.Start();
        return ((System.Net.IPEndPoint)socket.LocalEndpoint).Port;
    }
}
