using System.Buffers;
using System.IO.Pipelines;

namespace MekongTwin.Ingest.Tests.Mqtt;

internal sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;

/// <summary>Two ends joined by pipes. <paramref name="segmentSize"/> cuts what the first end reads into segments of that size.</summary>
internal sealed class PipePair
{
    public PipePair(int segmentSize = 0, long pauseAt = 0)
    {
        Pipe toServer = new(segmentSize > 0
            ? new PipeOptions(new TinyPool(segmentSize), minimumSegmentSize: segmentSize, pauseWriterThreshold: 0)
            : new PipeOptions(pauseWriterThreshold: 0));
        Pipe toClient = new(new PipeOptions(pauseWriterThreshold: pauseAt, resumeWriterThreshold: pauseAt / 2));
        Server = new DuplexPipe(toServer.Reader, toClient.Writer);
        Client = new DuplexPipe(toClient.Reader, toServer.Writer);
    }

    public DuplexPipe Server { get; }

    public DuplexPipe Client { get; }

    private sealed class TinyPool(int size) : MemoryPool<byte>
    {
        public override int MaxBufferSize => size;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Block(new byte[size]);

        protected override void Dispose(bool disposing)
        {
        }

        private sealed class Block(byte[] bytes) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory => bytes;

            public void Dispose()
            {
            }
        }
    }
}
