using System.Collections.Immutable;
using System.Text;
using MekongTwin.Domain.Journal;

namespace MekongTwin.History.Journal;

/// <summary>Where a page of readings stands, and what is in it.</summary>
internal readonly record struct ReadingPage(long At, int Length, uint Checksum, int FirstPoint, int LastPoint, int MostOfOnePoint, long MinTimeUs, long MaxTimeUs)
{
    public string Describe() => FirstPoint == LastPoint ? $"readings of point {FirstPoint}" : $"readings of points {FirstPoint} to {LastPoint}";
}

/// <summary>Where a page of frames stands, how long it is when it is inflated, and the blocks that its frames are of.</summary>
internal readonly record struct FramePage(long At, int Length, int RawLength, uint Checksum, long FirstBlock, long LastBlock)
{
    public string Describe() => $"frames of the blocks at journal offsets {FirstBlock} to {LastBlock}";
}

/// <summary>What a seal keeps in memory.</summary>
internal sealed record SealDirectory(ReadingPage[] Pages, FramePage[] Frames, ImmutableArray<SourceTally> Tallies)
{
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Pages.Length);
            foreach (var page in Pages)
            {
                writer.Write(page.At);
                writer.Write(page.Length);
                writer.Write(page.Checksum);
                writer.Write(page.FirstPoint);
                writer.Write(page.LastPoint);
                writer.Write(page.MostOfOnePoint);
                writer.Write(page.MinTimeUs);
                writer.Write(page.MaxTimeUs);
            }
            writer.Write(Frames.Length);
            foreach (var page in Frames)
            {
                writer.Write(page.At);
                writer.Write(page.Length);
                writer.Write(page.RawLength);
                writer.Write(page.Checksum);
                writer.Write(page.FirstBlock);
                writer.Write(page.LastBlock);
            }
            writer.Write(Tallies.Length);
            foreach (var tally in Tallies)
            {
                writer.Write(tally.Source);
                writer.Write(tally.Readings);
                writer.Write(tally.LastReceivedUs);
                writer.Write(tally.Refusals.Length);
                foreach (var (reason, count) in tally.Refusals)
                {
                    writer.Write((byte)reason);
                    writer.Write(count);
                }
            }
        }
        return stream.ToArray();
    }

    public static SealDirectory Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        var pages = new ReadingPage[reader.ReadInt32()];
        for (var i = 0; i < pages.Length; i++)
            pages[i] = new(reader.ReadInt64(), reader.ReadInt32(), reader.ReadUInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64());
        var frames = new FramePage[reader.ReadInt32()];
        for (var i = 0; i < frames.Length; i++)
            frames[i] = new(reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadUInt32(), reader.ReadInt64(), reader.ReadInt64());
        var tallies = new SourceTally[reader.ReadInt32()];
        for (var i = 0; i < tallies.Length; i++)
        {
            var (source, readings, received) = (reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64());
            var refusals = new (Refusal, long)[reader.ReadInt32()];
            for (var j = 0; j < refusals.Length; j++) refusals[j] = ((Refusal)reader.ReadByte(), reader.ReadInt64());
            tallies[i] = new(source, readings, received, [.. refusals]);
        }
        return new(pages, frames, [.. tallies]);
    }
}
