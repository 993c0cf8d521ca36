using System.Globalization;
using System.Text;

namespace MekongTwin.Scenarios.Exports;

/// <summary>
/// A table as RFC 4180 has it: commas, CRLF, quotes where they are needed; UTF-8. A text that a spreadsheet would take for a formula gets an
/// apostrophe in front, numbers are left alone. Digits do not depend on the machine's language.
/// </summary>
internal sealed class CsvText
{
    private readonly StringBuilder text = new();
    private bool isFirst = true;

    public CsvText(params ReadOnlySpan<string> header)
    {
        foreach (var name in header) Add(name);
        EndRow();
    }

    public CsvText Add(string value)
    {
        if (!isFirst) text.Append(',');
        isFirst = false;
        // What a spreadsheet begins a formula with (OWASP: CSV injection).
        if (value.Length > 0 && "=+-@\t\r\n".Contains(value[0], StringComparison.Ordinal)) value = '\'' + value;
        if (value.AsSpan().ContainsAny(",\"\r\n")) text.Append('"').Append(value.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        else text.Append(value);
        return this;
    }

    public CsvText Add(params ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            if (!isFirst) text.Append(',');
            isFirst = false;
            text.Append(value.ToString("R", CultureInfo.InvariantCulture));
        }
        return this;
    }

    /// <summary>A cell without a number where there is none.</summary>
    public CsvText AddOrEmpty(double? value) => value is { } known ? Add(known) : Add("");

    public void EndRow()
    {
        text.Append("\r\n");
        isFirst = true;
    }

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(text.ToString());
}
