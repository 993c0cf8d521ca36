using System.Net.Sockets;
using System.Text;

namespace MekongTwin.Host.Tests.Running;

/// <summary>Many event streams at once: bounded, over when their readers are gone, and cheap also with many sources.</summary>
public sealed class StreamTests : IDisposable
{
    private const int StreamsMax = 1000;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task OneStreamTooManyIsRefusedUntilOthersAreGone()
    {
        await using var served = await Served.StartAsync(_directory);
        var readers = new List<TcpClient>();
        try
        {
            for (var i = 0; i < StreamsMax; i++)
            {
                var (reader, status) = await OpenAsync(served.Server.HttpPort);
                readers.Add(reader);
                Assert.Equal("200", status[9..12]);
            }
            var (refused, answer) = await OpenAsync(served.Server.HttpPort);
            refused.Dispose();
            Assert.Equal("503", answer[9..12]);
            Assert.Contains("Retry-After: 10", answer, StringComparison.Ordinal);
            Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        }
        finally
        {
            foreach (var reader in readers) reader.Dispose();
        }
        await Patience.UntilAsync(async () =>
        {
            var (reader, status) = await OpenAsync(served.Server.HttpPort);
            reader.Dispose();
            return status[9..12] == "200";
        }, () => "there is room again");
    }

    [Fact]
    public async Task TheLedgerTakesEverySourceOnceHoweverManyThereAre()
    {
        const int sources = 2000;
        await using var served = await Served.StartAsync(_directory);
        for (var i = 0; i < sources; i++) await AdmitAsync(served, $"source-{i}");
        await served.Server.Core.SettleAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Long);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(sources, served.Server.Core.Ledger.Sources.Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000L * sources);
    }

    private static async Task AdmitAsync(Served served, string name)
    {
        using var source = served.Server.Core.Admissions.Open(name, Domain.Access.Principal.Open);
        var topic = Encoding.UTF8.GetBytes($"mt/v1/{Served.Transformer}/P");
        source.Admit(source.Resolve(topic), topic, "1"u8);
        await source.SubmitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Asks for a stream and gives the first bytes of the answer; nothing more is read.</summary>
    private static async Task<(TcpClient Reader, string Answer)> OpenAsync(int port)
    {
        var reader = new TcpClient();
        await reader.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken);
        await reader.GetStream().WriteAsync("GET /api/v1/live?city=vn-dad HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        var bytes = new byte[1000];
        var length = 0;
        while (length < 12 || !Encoding.ASCII.GetString(bytes, 0, length).Contains("\r\n\r\n", StringComparison.Ordinal) && length < bytes.Length)
        {
            var got = await reader.GetStream().ReadAsync(bytes.AsMemory(length), TestContext.Current.CancellationToken);
            if (got == 0) throw new EndOfStreamException($"The server closed after '{Encoding.ASCII.GetString(bytes, 0, length)}'.");
            length += got;
        }
        return (reader, Encoding.ASCII.GetString(bytes, 0, length));
    }
}
