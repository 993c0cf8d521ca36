using System.Globalization;
using System.Text.Json;

namespace MekongTwin.Host.Cities;

/// <summary>A JSON value that remembers its file, line and field, so that a message about it can name them.</summary>
internal sealed class PlacedJson
{
    private readonly Dictionary<string, PlacedJson> _members = new(StringComparer.Ordinal);
    private readonly List<PlacedJson> _items = [];

    private PlacedJson(string file, int line, string field, JsonValueKind kind)
    {
        File = file;
        Line = line;
        Field = field;
        Kind = kind;
    }

    public string File { get; }

    public int Line { get; }

    /// <summary>Path inside the file, e.g. <c>transformers[3].ratingKva</c>.</summary>
    public string Field { get; }

    public JsonValueKind Kind { get; }

    public string Text { get; private init; } = "";

    public double Number { get; private init; }

    public IReadOnlyDictionary<string, PlacedJson> Members => _members;

    public IReadOnlyList<PlacedJson> Items => _items;

    /// <summary>Parses a file's bytes; comments and trailing commas are allowed. Adds an error and gives null when it is not JSON.</summary>
    public static PlacedJson? Parse(string file, byte[] bytes, CityErrors errors)
    {
        var lines = new LineCounter(bytes);
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            reader.Read();
            return Read(ref reader, file, "", lines, errors);
        }
        catch (JsonException e)
        {
            errors.Add(file, (int)(e.LineNumber ?? 0) + 1, "", $"not valid JSON: {e.Message.Split(" LineNumber", 2)[0]}");
            return null;
        }
        // Half of a surrogate pair, or bytes that are no UTF-8, in a text.
        catch (InvalidOperationException e)
        {
            errors.Add(file, 1, "", $"not valid JSON: {e.Message}");
            return null;
        }
    }

    private static PlacedJson Read(ref Utf8JsonReader reader, string file, string field, LineCounter lines, CityErrors errors)
    {
        var line = lines.LineAt(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var value = new PlacedJson(file, line, field, JsonValueKind.Object);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    var nameLine = lines.LineAt(reader.TokenStartIndex);
                    reader.Read();
                    var member = Read(ref reader, file, field.Length == 0 ? name : $"{field}.{name}", lines, errors);
                    if (!value._members.TryAdd(name, member)) errors.Add(file, nameLine, member.Field, "given twice; keep one");
                }
                return value;
            case JsonTokenType.StartArray:
                var array = new PlacedJson(file, line, field, JsonValueKind.Array);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) array._items.Add(Read(ref reader, file, $"{field}[{array._items.Count}]", lines, errors));
                return array;
            case JsonTokenType.String:
                return new(file, line, field, JsonValueKind.String) { Text = reader.GetString()! };
            case JsonTokenType.Number:
                return new(file, line, field, JsonValueKind.Number) { Number = reader.GetDouble(), Text = reader.GetDouble().ToString(CultureInfo.InvariantCulture) };
            case JsonTokenType.True:
            case JsonTokenType.False:
                return new(file, line, field, reader.GetBoolean() ? JsonValueKind.True : JsonValueKind.False);
            default:
                return new(file, line, field, JsonValueKind.Null);
        }
    }

    private sealed class LineCounter(byte[] bytes)
    {
        private long _at;
        private int _line = 1;

        /// <summary>Tokens come in order, so counting goes on from the last one.</summary>
        public int LineAt(long offset)
        {
            for (; _at < offset; _at++) if (bytes[_at] == '\n') _line++;
            return _line;
        }
    }
}

/// <summary>What is wrong with a city folder: every line names file, line, field and what to do.</summary>
internal sealed class CityErrors
{
    /// <summary>More than these are not listed.</summary>
    public const int ListedMax = 30;

    private readonly List<string> _lines = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    private readonly List<string> _warnings = [];

    public bool Any => Count > 0;

    public int Count => _lines.Count;

    /// <summary>What may be meant, and is said all the same.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>A mistake in the points of a kind is met once for every asset of it, and said once.</summary>
    public void Add(string file, int line, string field, string message)
    {
        var text = field.Length == 0 ? $"{file}:{line}: {message}" : $"{file}:{line}: {field}: {message}";
        if (_known.Add(text)) _lines.Add(text);
    }

    public void Add(PlacedJson at, string message) => Add(at.File, at.Line, at.Field, message);

    public void Warn(PlacedJson at, string message) => _warnings.Add($"{at.File}:{at.Line}: {at.Field}: {message}");

    public override string ToString() => string.Join('\n', _lines.Take(ListedMax)) + (_lines.Count > ListedMax ? $"\n... and {_lines.Count - ListedMax} more" : "");
}

/// <summary>Bad input of the person who starts the program: the message says file, line and field. Exit code 2.</summary>
internal sealed class InputException(string message) : Exception(message);
