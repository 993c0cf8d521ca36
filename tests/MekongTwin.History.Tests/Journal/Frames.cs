using System.Buffers.Binary;
using MekongTwin.Domain.Journal;
using MekongTwin.History.Journal;

namespace MekongTwin.History.Tests.Journal;

/// <summary>Frames that carry a number, and the journals they are in.</summary>
internal static class Frames
{
    public static byte[] Numbered(long number, int padding = 0)
    {
        var body = new byte[8 + padding];
        BinaryPrimitives.WriteInt64LittleEndian(body, number);
        for (var i = 8; i < body.Length; i++) body[i] = (byte)(number + i);
        return Frame.Make(FrameKind.Quarantine, body);
    }

    /// <summary>The numbers up to an offset, in order.</summary>
    public static List<long> Read(IJournalFiles files, long to)
    {
        using var reader = new JournalReader(files, 0);
        return Read(reader, to);
    }

    public static List<long> Read(JournalReader reader, long to)
    {
        var numbers = new List<long>();
        while (reader.TryRead(to, out var body))
        {
            while (Frame.TryRead(ref body, out var frame)) numbers.Add(BinaryPrimitives.ReadInt64LittleEndian(frame.Body));
        }
        return numbers;
    }

    /// <summary>Appends one frame and waits until it is durable.</summary>
    public static async Task AppendAsync(this JournalLog journal, long number, int padding = 0)
    {
        long ticket;
        while (!journal.TryAppend(Numbered(number, padding), urgent: true, out ticket)) await journal.WaitRoomAsync(TestContext.Current.CancellationToken);
        await journal.WaitDurableAsync(ticket, TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Long);
    }
}

/// <summary>How long a test waits for what must happen: long enough for any machine, never slept away.</summary>
internal static class Patience
{
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    /// <summary>Waits for a state that another thread reaches.</summary>
    public static async Task UntilAsync(Func<bool> reached, string what)
    {
        var deadline = Environment.TickCount64 + (long)Long.TotalMilliseconds;
        while (!reached())
        {
            if (Environment.TickCount64 > deadline) Assert.Fail($"Not within {Long.TotalSeconds:0} s: {what}");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }
}
