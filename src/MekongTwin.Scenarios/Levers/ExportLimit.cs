using System.Text.Json;
using System.Text.Json.Serialization;

namespace MekongTwin.Scenarios.Levers;

/// <summary>What a transformer may feed back into the medium voltage, kW; what is more is curtailed. In JSON <c>free</c>, <c>zero</c> or a number.</summary>
[JsonConverter(typeof(ExportLimitConverter))]
public readonly record struct ExportLimit(double Kw)
{
    public static ExportLimit Free { get; } = new(double.PositiveInfinity);

    public static ExportLimit Zero { get; } = new(0);
}

internal sealed class ExportLimitConverter : JsonConverter<ExportLimit>
{
    public override ExportLimit Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("scenarios are read by their own reader");

    public override void Write(Utf8JsonWriter writer, ExportLimit value, JsonSerializerOptions options)
    {
        if (value == ExportLimit.Free) writer.WriteStringValue("free");
        else if (value == ExportLimit.Zero) writer.WriteStringValue("zero");
        else writer.WriteNumberValue(value.Kw);
    }
}
