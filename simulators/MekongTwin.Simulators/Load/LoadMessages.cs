using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using MekongTwin.Simulators.Mqtt;

namespace MekongTwin.Simulators.Load;

/// <summary>
/// One connection's messages, rendered once and patched in place. Message n goes to topic n mod T in round n / T; the buffer
/// holds whole rounds, so a message's slot, its topic and its place never change and only time, value and packet id are
/// written again: about 20 ns a message, then one large write.
/// </summary>
internal sealed class LoadMessages
{
    /// <summary>Payload of a plain message: microseconds and five decimals make it exactly 60 bytes.</summary>
    public const string PlainTemplate = "{\"v\":000.00000,\"t\":\"2000-01-01T00:00:00.000000Z\",\"q\":\"good\"}";

    private const int BufferBytes = 128 * 1024;
    private const int TimeBytes = 23;
    private const int ValueBytes = 7;
    private const int LineBytes = 34;

    private readonly LoadPlan _plan;
    private readonly LoadTopic[] _topics;
    private readonly byte[][] _points;
    private readonly byte[] _buffer;
    private readonly int[] _starts;
    private readonly int[] _payloads;
    private readonly int[] _values;
    private readonly byte[] _time = new byte[TimeBytes];
    private long _timeRound = -1;
    private long _timeSecond = -1;

    public LoadMessages(LoadPlan plan, int connection)
    {
        _plan = plan;
        _topics = [.. plan.Topics.Where(topic => topic.Number % plan.Connections == connection)];
        _points = [.. _topics.Select(topic => Encoding.UTF8.GetBytes(topic.PointTopic))];
        Count = plan.Messages / plan.Connections + (connection < plan.Messages % plan.Connections ? 1 : 0);
        var templates = _topics.Select(Render).ToArray();
        var rounds = Math.Max(1, BufferBytes / templates.Sum(template => template.Length));
        var repeated = Enumerable.Range(0, rounds).SelectMany(_ => templates).ToArray();
        _buffer = [.. repeated.SelectMany(template => template)];
        _starts = new int[repeated.Length + 1];
        for (var i = 0; i < repeated.Length; i++) _starts[i + 1] = _starts[i] + repeated[i].Length;
        var payload = Template(plan);
        _payloads = [.. repeated.Select((_, i) => _starts[i + 1] - payload.Length)];
        _values = [.. Enumerable.Range(0, payload.Length - 7).Where(i => payload.AsSpan(i, 7).SequenceEqual("000.000"u8))];
    }

    /// <summary>Messages of this connection in all.</summary>
    public long Count { get; }

    public int Topics => _topics.Length;

    /// <summary>
    /// Brings up to <paramref name="countMax"/> messages from number <paramref name="first"/> on up to date and returns their
    /// bytes, valid until the next call. Fewer come back where the buffer ends.
    /// </summary>
    public ReadOnlyMemory<byte> Patch(long first, int countMax, out int count)
    {
        var slots = _payloads.Length;
        var slot = (int)(first % slots);
        count = Math.Min(countMax, slots - slot);
        var (round, topic) = Math.DivRem(first, _topics.Length);
        for (var i = 0; i < count; i++)
        {
            PatchOne(slot + i, first + i, (int)topic, round);
            if (++topic < _topics.Length) continue;
            topic = 0;
            round++;
        }
        return _buffer.AsMemory(_starts[slot].._starts[slot + count]);
    }

    /// <summary>Appends a line "topic time value" for each reading of a message, as it went over the wire.</summary>
    public void Describe(long number, IBufferWriter<byte> lines)
    {
        var (round, topic) = Math.DivRem(number, _topics.Length);
        for (var i = 0; i < _plan.ReadingsPerMessage; i++)
        {
            var point = _points[topic];
            var line = lines.GetSpan(point.Length + LineBytes)[..(point.Length + LineBytes)];
            point.CopyTo(line);
            line = line[point.Length..];
            DateTimeOffset.FromUnixTimeMilliseconds(TimeMs(round) + i * _plan.StepMs).TryFormat(line[1..], out _, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
            Digits.WriteThousandths(line[26..], Thousandths((int)topic, round, i));
            (line[0], line[25], line[33]) = ((byte)' ', (byte)' ', (byte)'\n');
            lines.Advance(point.Length + LineBytes);
        }
    }

    private void PatchOne(int slot, long number, int topic, long round)
    {
        if (round != _timeRound) RenderTime(round);
        var payload = _payloads[slot];
        var timeLength = _plan.Payload == LoadPayload.Plain ? TimeBytes : 14;
        var timeAt = _plan.Payload == LoadPayload.Plain ? 20 : 7;
        _time.AsSpan(0, timeLength).CopyTo(_buffer.AsSpan(payload + timeAt));
        for (var i = 0; i < _values.Length; i++) Digits.WriteThousandths(_buffer.AsSpan(payload + _values[i], ValueBytes), Thousandths(topic, round, i));
        if (_plan.Qos == 0) return;
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(payload - (_plan.Version == 5 ? 3 : 2)), PacketId(number));
    }

    /// <summary>The packet id of a message number: 1 to 65,535 in turn.</summary>
    public static ushort PacketId(long number) => (ushort)(number % ushort.MaxValue + 1);

    /// <summary>100.000 to 399.999, as thousandths.</summary>
    private int Thousandths(int topic, long round, int reading) =>
        100_000 + (int)((_topics[topic].Number * 7919L + (round * _plan.ReadingsPerMessage + reading) * 613L) % 300_000);

    private long TimeMs(long round) => _plan.FromMs + round * _plan.ReadingsPerMessage * _plan.StepMs;

    private void RenderTime(long round)
    {
        _timeRound = round;
        var (second, millisecond) = Math.DivRem(TimeMs(round), 1000);
        var isPlain = _plan.Payload == LoadPayload.Plain;
        if (second != _timeSecond)
        {
            _timeSecond = second;
            if (isPlain) DateTimeOffset.FromUnixTimeSeconds(second).TryFormat(_time, out _, "yyyy-MM-ddTHH:mm:ss.", CultureInfo.InvariantCulture);
            else Digits.Write(_time.AsSpan(0, 10), second);
            _time[isPlain ? 19 : 10] = (byte)'.';
        }
        Digits.Write(_time.AsSpan(isPlain ? 20 : 11, 3), millisecond);
    }

    private byte[] Render(LoadTopic topic)
    {
        var name = Encoding.UTF8.GetBytes(topic.Topic);
        var payload = Template(_plan);
        var packet = new byte[MqttPacket.PublishSize(name.Length, payload.Length, _plan.Qos, _plan.Version)];
        MqttPacket.WritePublish(packet, name, payload, _plan.Qos, 1, _plan.Version);
        return packet;
    }

    /// <summary>A payload with zeros where values go, of the length that all of the plan's payloads have.</summary>
    internal static byte[] Template(LoadPlan plan)
    {
        if (plan.Payload == LoadPayload.Plain) return Encoding.UTF8.GetBytes(PlainTemplate);
        var text = new StringBuilder("[{\"bt\":1111111111.111,\"bu\":\"kW\",\"n\":\"P\",\"v\":000.000}");
        for (var i = 1; i < 10; i++) text.Append(CultureInfo.InvariantCulture, $",{{\"n\":\"P\",\"t\":{i * plan.StepMs / 1000m:0.000},\"v\":000.000}}");
        return Encoding.UTF8.GetBytes(text.Append(']').ToString());
    }
}
