using System.Text;
using System.Text.Json;

namespace MekongTwin.Engines.PowerFlow.Import.Pandapower;

/// <summary>The tables and numbers of a file that pandapower's <c>to_json</c> wrote (version 2 and 3: tables are data frames, most of
/// them JSON inside a text).</summary>
internal sealed class PandapowerFile
{
    private readonly Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> lines;

    public PandapowerFile(string file, string text)
    {
        Name = file;
        JsonElement root;
        try
        {
            root = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 512 }).RootElement;
        }
        catch (JsonException e)
        {
            throw new ImportException(file, (int)(e.LineNumber ?? 0) + 1, "", $"not valid JSON: {e.Message.Split(" LineNumber", 2)[0]}");
        }
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("_class", out var kind) || kind.ToString() != "pandapowerNet" || !root.TryGetProperty("_object", out var net) || net.ValueKind != JsonValueKind.Object)
        {
            throw new ImportException(file, 1, "_class", "is not \"pandapowerNet\": this is no net that pandapower's to_json wrote in version 2 or later.");
        }
        lines = LinesOf(text);
        foreach (var field in net.EnumerateObject()) fields[field.Name] = field.Value;
    }

    public string Name { get; }

    public int LineOf(string field) => lines.GetValueOrDefault(field, 1);

    public double Number(string field) => fields.TryGetValue(field, out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && number > 0 && double.IsFinite(number)
        ? number : throw new ImportException(Name, LineOf(field), field, "must be a positive number.");

    public string Text(string field) => fields.TryGetValue(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary>A table, null when the file has none of that name or it has no row.</summary>
    public Table? Find(string name)
    {
        if (!fields.TryGetValue(name, out var value)) return null;
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("_object", out var frame)) throw new ImportException(Name, LineOf(name), name, "is no data frame.");
        if (frame.ValueKind == JsonValueKind.String)
        {
            try
            {
                frame = JsonDocument.Parse(frame.GetString()!).RootElement;
            }
            catch (JsonException e)
            {
                throw new ImportException(Name, LineOf(name), name, $"its data frame is not valid JSON: {e.Message.Split(" LineNumber", 2)[0]}");
            }
        }
        var table = new Table(Name, LineOf(name), name, frame);
        return table.Count == 0 ? null : table;
    }

    /// <summary>The line of each field of the net: the names at depth two.</summary>
    private static Dictionary<string, int> LinesOf(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 512 });
        var (found, line, counted) = (new Dictionary<string, int>(StringComparer.Ordinal), 1, 0);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 2) continue;
            for (; counted < reader.TokenStartIndex; counted++)
            {
                if (bytes[counted] == '\n') line++;
            }
            found.TryAdd(reader.GetString()!, line);
        }
        return found;
    }
}
