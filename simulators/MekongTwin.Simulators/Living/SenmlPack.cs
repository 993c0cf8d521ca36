using System.Globalization;
using System.Text;

namespace MekongTwin.Simulators.Living;

/// <summary>A SenML pack (RFC 8428) in the making: base name and base time in the first record of each meter's reading, kW and kvar after RFC 8798.</summary>
internal sealed class SenmlPack
{
    private readonly StringBuilder _text = new("[", 256);
    private string _base = "";
    private string _baseName = "";

    /// <summary>The records that follow are of this base name and time, milliseconds since 1970.</summary>
    public void Begin(string baseName, long timeMs)
    {
        var name = baseName == _baseName ? "" : $"\"bn\":\"{baseName}\",";
        _baseName = baseName;
        _base = string.Create(CultureInfo.InvariantCulture, $"{name}\"bt\":{timeMs / 1000m:0.###},");
    }

    public void Add(string name, string unit, double value)
    {
        if (_text.Length > 1) _text.Append(',');
        _text.Append(CultureInfo.InvariantCulture, $"{{{_base}\"n\":\"{name}\",\"u\":\"{unit}\",\"v\":{value:0.0##}}}");
        _base = "";
    }

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(_text.Append(']').ToString());
}
