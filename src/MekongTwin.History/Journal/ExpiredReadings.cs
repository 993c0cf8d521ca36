using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;

namespace MekongTwin.History.Journal;

/// <summary>Readings that came too late for a horizon. Whoever reads a block finds them as refusals, counted as expired.</summary>
internal static class ExpiredReadings
{
    public static bool Any(ReadOnlySpan<byte> body, Horizon horizon)
    {
        while (Frame.TryRead(ref body, out var frame))
        {
            if (frame.Kind == FrameKind.Readings && Count(new ReadingsFrame(frame.Body).Readings, horizon) > 0) return true;
        }
        return false;
    }

    /// <summary>The same frames, each in its place, without these readings.</summary>
    public static void Refuse(ReadOnlySpan<byte> body, Horizon horizon, ArrayBufferWriter<byte> into)
    {
        into.ResetWrittenCount();
        while (Frame.TryRead(ref body, out var frame))
        {
            if (frame.Kind == FrameKind.Readings) Refuse(new ReadingsFrame(frame.Body), horizon, into);
            else Put(frame.Kind, frame.Body, into);
        }
    }

    private static void Refuse(in ReadingsFrame frame, Horizon horizon, ArrayBufferWriter<byte> into)
    {
        var readings = frame.Readings;
        var expired = Count(readings, horizon);
        var refusals = frame.RefusalCount + (expired > 0 ? 1 : 0);
        var body = new byte[ReadingsFrame.BodyHeaderSize + (readings.Length - expired) * Reading.Size + refusals * ReadingsFrame.RefusalSize];
        ReadingsFrame.WriteBodyHeader(body, frame.Source, readings.Length - expired, frame.ReceivedUs, refusals);
        var rest = body.AsSpan(ReadingsFrame.BodyHeaderSize);
        foreach (ref readonly var reading in readings)
        {
            if (horizon.IsTooLate(reading)) continue;
            MemoryMarshal.Write(rest, reading);
            rest = rest[Reading.Size..];
        }
        for (var i = 0; i < frame.RefusalCount; i++, rest = rest[ReadingsFrame.RefusalSize..]) ReadingsFrame.WriteRefusal(rest, frame.RefusalAt(i).Reason, frame.RefusalAt(i).Count);
        if (expired > 0) ReadingsFrame.WriteRefusal(rest, Refusal.Expired, expired);
        Put(FrameKind.Readings, body, into);
    }

    private static int Count(ReadOnlySpan<Reading> readings, Horizon horizon)
    {
        var expired = 0;
        foreach (ref readonly var reading in readings)
        {
            if (horizon.IsTooLate(reading)) expired++;
        }
        return expired;
    }

    private static void Put(FrameKind kind, ReadOnlySpan<byte> body, ArrayBufferWriter<byte> into)
    {
        var frame = into.GetSpan(Frame.HeaderSize + body.Length)[..(Frame.HeaderSize + body.Length)];
        body.CopyTo(frame[Frame.HeaderSize..]);
        Frame.WriteHeader(frame, kind);
        into.Advance(frame.Length);
    }
}
