using System.Text.Json;
using System.Text.Json.Serialization;

namespace MekongTwin.Simulators.Cities;

/// <summary>Customers by class, in the order of the file. A plain number stands for so many households.</summary>
[JsonConverter(typeof(CustomerCountsConverter))]
internal sealed record CustomerCounts(IReadOnlyList<(string Class, int Count)> ByClass);

internal sealed class CustomerCountsConverter : JsonConverter<CustomerCounts>
{
    public override CustomerCounts Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number) return new([("household", reader.GetInt32())]);
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("customers is a number, or numbers by class.");
        List<(string, int)> counts = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number) throw new JsonException($"customers of class {name} are a number.");
            counts.Add((name, reader.GetInt32()));
        }
        return new(counts);
    }

    public override void Write(Utf8JsonWriter writer, CustomerCounts value, JsonSerializerOptions options) => throw new NotSupportedException("The simulator writes no customers.");
}
