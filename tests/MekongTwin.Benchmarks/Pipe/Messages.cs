using System.Globalization;
using System.Text;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Benchmarks.Pipe;

/// <summary>
/// The load generator's messages without a socket: n goes to topic n mod T, a point's times rise by the step. Rendered once
/// per round of topics; only the digits of the time change.
/// </summary>
internal sealed class Messages
{
    private const int TimeAt = 20;
    private readonly byte[][] _topics;
    private readonly byte[] _plain = "{\"v\":123.45600,\"t\":\"2000-01-01T00:00:00.000000Z\",\"q\":\"good\"}"u8.ToArray();
    private readonly byte[] _pack;
    private readonly bool _isPack;
    private long _timeMs;
    private long _number;

    public Messages(Model model, bool pack)
    {
        _isPack = pack;
        _topics = pack
            ? [.. model.Devices.Select(device => Encoding.UTF8.GetBytes($"mt/v1/{device.City}/senml/{device.Device}"))]
            : [.. model.Points.Select(point => Encoding.UTF8.GetBytes($"mt/v1/{model.Assets[point.Asset].Id.Path}/{point.Metric}"))];
        var text = new StringBuilder("[{\"bt\":1111111111.111,\"bu\":\"kW\",\"n\":\"P\",\"v\":123.456}");
        for (var i = 1; i < 10; i++) text.Append(CultureInfo.InvariantCulture, $",{{\"n\":\"P\",\"t\":{i / 1000m:0.000},\"v\":234.567}}");
        _pack = Encoding.UTF8.GetBytes(text.Append(']').ToString());
        _timeMs = DateTimeOffset.UtcNow.AddHours(-2).ToUnixTimeMilliseconds();
        RenderTime();
    }

    public int ReadingsPerMessage => _isPack ? 10 : 1;

    public int Topics => _topics.Length;

    /// <summary>Number of the next message's topic.</summary>
    public int TopicNumber => (int)(_number % _topics.Length);

    public ReadOnlySpan<byte> Topic(int number) => _topics[number];

    /// <summary>The next message's payload, valid until the next call.</summary>
    public ReadOnlySpan<byte> Next()
    {
        if (++_number % _topics.Length == 0)
        {
            _timeMs += ReadingsPerMessage;
            RenderTime();
        }
        return _isPack ? _pack : _plain;
    }

    private void RenderTime()
    {
        var (second, millisecond) = Math.DivRem(_timeMs, 1000);
        if (_isPack)
        {
            second.TryFormat(_pack.AsSpan(7), out _, default, CultureInfo.InvariantCulture);
            millisecond.TryFormat(_pack.AsSpan(18, 3), out _, "000", CultureInfo.InvariantCulture);
            return;
        }
        DateTimeOffset.FromUnixTimeMilliseconds(_timeMs).TryFormat(_plain.AsSpan(TimeAt), out _, "yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture);
    }
}
