using System.Globalization;

namespace MekongTwin.Engines.PowerFlow.Import;

/// <summary>A file that is wrong or holds what is not supported: <c>file:line: field: what</c>.</summary>
public sealed class ImportException : Exception
{
    public ImportException(string file, int line, string field, string what)
        : base(string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: {(field.Length > 0 ? field + ": " : "")}{what}"))
    {
    }
}
