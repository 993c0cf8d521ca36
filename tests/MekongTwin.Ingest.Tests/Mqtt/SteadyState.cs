using System.IO.Pipelines;
using MekongTwin.Domain.Access;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>A message costs no allocation once a connection runs.</summary>
[Collection(nameof(SteadyState))]
[CollectionDefinition(nameof(SteadyState), DisableParallelization = true)]
public sealed class SteadyState
{
    private const int Messages = 100_000;
    private const int PerWrite = 100;

    /// <summary>No object is this small. Debug builds make an object of every asynchronous pass, optimised ones do not.</summary>
#if DEBUG
    private const long BytesLimit = 8 * Messages;
#else
    private const long BytesLimit = Messages / 100;
#endif

    [Theory]
    [InlineData(ProtocolVersion.V311, 0)]
    [InlineData(ProtocolVersion.V5, 0)]
    [InlineData(ProtocolVersion.V311, 1)]
    [InlineData(ProtocolVersion.V5, 1)]
    public async Task NothingIsAllocatedPerPublish(ProtocolVersion version, int qos)
    {
        CountingAdmissions admissions = new();
        await using MqttServer server = new(new MqttOptions(), new FakeAccess(), admissions, new FakeOutputs(), new FakeTime());
        Pipe toServer = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        Pipe toClient = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        Task<CloseReason> served = server.RunAsync(new DuplexPipe(toServer.Reader, toClient.Writer), CancellationToken.None);
        await toServer.Writer.WriteAsync(Bytes.Connect(version));
        Drain(toClient.Reader);
        byte[] block = [.. Enumerable.Range(1, PerWrite).SelectMany(id => Bytes.Publish(version, "mt/v1/da-nang/hai-chau/tx/0412/P", new string('1', 60), qos, id))];
        Send(toServer.Writer, toClient.Reader, block, Messages / PerWrite);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Send(toServer.Writer, toClient.Reader, block, Messages / PerWrite);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(2 * Messages, admissions.Count);
        Assert.InRange(allocated, 0, BytesLimit);
        await toServer.Writer.CompleteAsync();
        await served;
    }

    /// <summary>The connection runs inside the flush: everything happens on this thread.</summary>
    private static void Send(PipeWriter output, PipeReader input, byte[] block, int times)
    {
        for (int count = 0; count < times; count++)
        {
            block.CopyTo(output.GetSpan(block.Length));
            output.Advance(block.Length);
            ValueTask<FlushResult> flush = output.FlushAsync();
            if (!flush.IsCompletedSuccessfully || flush.Result.IsCompleted)
            {
                Assert.Fail("The connection did not take the block at once.");
            }

            Drain(input);
        }
    }

    private static void Drain(PipeReader input)
    {
        while (input.TryRead(out ReadResult read) && !read.Buffer.IsEmpty)
        {
            input.AdvanceTo(read.Buffer.End);
        }
    }

    /// <summary>Counts, and commits at once.</summary>
    private sealed class CountingAdmissions : IAdmissions, ICommits, ISource
    {
        private long _ticket;

        public long Count { get; private set; }

        public ICommits Commits => this;

        public long Durable => _ticket;

        public int RoutesVersion => 1;

        public bool HasBatch { get; private set; }

        public ISource Open(string name, Principal principal) => this;

        public ValueTask WaitDurableAsync(long ticket, CancellationToken ct) => ValueTask.CompletedTask;

        public Route Resolve(ReadOnlySpan<byte> topic) => new(1);

        public Admission Admit(Route route, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
        {
            Count++;
            HasBatch = true;
            return Admission.Admitted;
        }

        public ValueTask<long> SubmitAsync(CancellationToken ct)
        {
            HasBatch = false;
            return ValueTask.FromResult(++_ticket);
        }

        public void Dispose()
        {
        }
    }
}
