using System.Text.Json;
using System.Text.Json.Serialization;

namespace MekongTwin.Simulators.Cities;

/// <summary>A text, or the first of a list of texts: of the districts that an asset has been in, the oldest.</summary>
internal sealed class FirstTextConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return reader.GetString()!;
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("district is a text, or a list of texts.");
        var first = "";
        while (reader.Read() && reader.TokenType == JsonTokenType.String) if (first.Length == 0) first = reader.GetString()!;
        return first;
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
