using System.Globalization;

namespace MekongTwin.Engines.PowerFlow.Import;

/// <summary>A file that is wrong or holds what is not supported: <c>file:line: field: what</c>.</summary>
public sealed class ImportException : Exception
{
    /// <summary>Characters of a field or of what is wrong with it: what a file holds may be of any length.</summary>
    private const int TextMax = 300;

    public ImportException(string file, int line, string field, string what)
        : base(string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: {(field.Length > 0 ? Cut(field) + ": " : "")}{Cut(what)}"))
    {
    }

    private static string Cut(string text) => text.Length <= TextMax ? text : $"{text[..TextMax]} ...";
}
