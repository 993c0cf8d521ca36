using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MekongTwin.Simulators.Drawing;

/// <summary>Writes a file of the folder: one object a line, numbers as short as they are.</summary>
internal sealed class JsonLines
{
    private static readonly JsonSerializerOptions Text = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<string> _members = [];

    public JsonLines Say(string name, string text)
    {
        _members.Add($"{Quote(name)}: {Quote(text)}");
        return this;
    }

    /// <summary>A list of objects, left out when empty; a field whose value is null is left out.</summary>
    public JsonLines List(string name, IEnumerable<(string Name, object? Value)[]> items)
    {
        var lines = items.Select(Line).ToList();
        if (lines.Count > 0) _members.Add($"{Quote(name)}: [\n{string.Join(",\n", lines)}\n]");
        return this;
    }

    public void WriteTo(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"{{\n{string.Join(",\n", _members)}\n}}\n", new UTF8Encoding(false));
    }

    private static string Line((string Name, object? Value)[] fields) =>
        $"{{{string.Join(",", fields.Where(field => field.Value is not null).Select(field => $"{Quote(field.Name)}:{ValueOf(field.Value!)}"))}}}";

    private static string ValueOf(object value) => value switch
    {
        string text => Quote(text),
        double number => number.ToString("0.####", CultureInfo.InvariantCulture),
        int number => number.ToString(CultureInfo.InvariantCulture),
        IEnumerable<string> texts => $"[{string.Join(",", texts.Select(Quote))}]",
        IEnumerable<double> numbers => $"[{string.Join(",", numbers.Select(number => ValueOf(number)))}]",
        IEnumerable<(string Name, int Count)> counts => $"{{{string.Join(",", counts.Select(pair => $"{Quote(pair.Name)}:{pair.Count}"))}}}",
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };

    private static string Quote(string text) => JsonSerializer.Serialize(text, Text);
}
