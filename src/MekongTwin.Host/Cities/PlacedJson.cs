using System.Globalization;
using System.Text.Json;

namespace MekongTwin.Host.Cities;

/// <summary>
/// A JSON value that remembers its file, line and field, so that a message about it can name them. A large folder has millions of
/// them: what most are without costs nothing.
/// </summary>
internal sealed class PlacedJson
{
    private static readonly Dictionary<string, PlacedJson> NoMembers = [];

    private readonly PlacedJson? _parent;
    private readonly Dictionary<string, PlacedJson>? _members;
    private readonly List<PlacedJson>? _items;

    /// <summary>In an object; null in a list.</summary>
    private readonly string? _name;
    private readonly int _index;

    private PlacedJson(in Place place, int line, JsonValueKind kind)
    {
        (File, _parent, _name, _index) = place;
        (Line, Kind) = (line, kind);
        if (kind == JsonValueKind.Object) _members = new(StringComparer.Ordinal);
        if (kind == JsonValueKind.Array) _items = [];
    }

    public string File { get; }

    public int Line { get; }

    /// <summary>Path inside the file, e.g. <c>transformers[3].ratingKva</c>.</summary>
    public string Field => (_parent?.Field, _name) switch
    {
        (null, _) => "",
        (var parent, null) => $"{parent}[{_index}]",
        ("", var name) => name,
        (var parent, var name) => $"{parent}.{name}",
    };

    public JsonValueKind Kind { get; }

    /// <summary>A text, or a number as text; empty for anything else.</summary>
    public string Text
    {
        get => field ?? (Kind == JsonValueKind.Number ? Number.ToString(CultureInfo.InvariantCulture) : "");
        private init;
    }

    public double Number { get; private init; }

    public IReadOnlyDictionary<string, PlacedJson> Members => _members ?? NoMembers;

    public IReadOnlyList<PlacedJson> Items => _items ?? [];

    /// <summary>Parses a file's bytes; comments and trailing commas are allowed. Adds an error and gives null when it is not JSON.</summary>
    public static PlacedJson? Parse(string file, byte[] bytes, CityErrors errors)
    {
        var document = new Document(bytes);
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            reader.Read();
            return Read(ref reader, new(file, null, null, 0), document, errors);
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

    private static PlacedJson Read(ref Utf8JsonReader reader, in Place place, Document document, CityErrors errors)
    {
        var line = document.LineAt(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var value = new PlacedJson(place, line, JsonValueKind.Object);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = document.NameOf(ref reader);
                    var nameLine = document.LineAt(reader.TokenStartIndex);
                    reader.Read();
                    var member = Read(ref reader, new(place.File, value, name, 0), document, errors);
                    if (!value._members!.TryAdd(name, member)) errors.Add(place.File, nameLine, member.Field, "given twice; keep one");
                }
                return value;
            case JsonTokenType.StartArray:
                var array = new PlacedJson(place, line, JsonValueKind.Array);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) array._items!.Add(Read(ref reader, new(place.File, array, null, array._items.Count), document, errors));
                return array;
            case JsonTokenType.String:
                return new(place, line, JsonValueKind.String) { Text = reader.GetString()! };
            case JsonTokenType.Number:
                return new(place, line, JsonValueKind.Number) { Number = reader.GetDouble() };
            case JsonTokenType.True:
            case JsonTokenType.False:
                return new(place, line, reader.GetBoolean() ? JsonValueKind.True : JsonValueKind.False);
            default:
                return new(place, line, JsonValueKind.Null);
        }
    }

    /// <summary>Where a value stands: in an object under a name, in a list at an index, or alone.</summary>
    private readonly record struct Place(string File, PlacedJson? Parent, string? Name, int Index);

    private sealed class Document(byte[] bytes)
    {
        /// <summary>Names of members that are kept as one string each; there are rarely more than these.</summary>
        private const int NamesMax = 64;

        private readonly List<string> _names = [];
        private long _at;
        private int _line = 1;

        public string NameOf(ref Utf8JsonReader reader)
        {
            foreach (var known in _names) if (reader.ValueTextEquals(known)) return known;
            var name = reader.GetString()!;
            if (_names.Count < NamesMax) _names.Add(name);
            return name;
        }

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
