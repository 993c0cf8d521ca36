using System.Text;

namespace MekongTwin.Benchmarks.Report;

/// <summary>A Markdown table with a title and notes below it.</summary>
internal sealed class Table(string title, params string[] columns)
{
    private readonly List<string[]> _rows = [];
    private readonly List<string> _notes = [];

    public void Add(params string[] row)
    {
        _rows.Add(row);
        // Long runs show where they are.
        Console.Error.WriteLine(string.Join(" | ", row));
    }

    public void Note(string note) => _notes.Add(note);

    public override string ToString()
    {
        var text = new StringBuilder($"### {title}\n\n| {string.Join(" | ", columns)} |\n|{string.Concat(columns.Select(_ => "---|"))}\n");
        foreach (var row in _rows) text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        if (_notes.Count > 0) text.Append('\n');
        foreach (var note in _notes) text.Append(note).Append('\n');
        return text.ToString();
    }
}
