using System.Globalization;

namespace MekongTwin.Engines.PowerFlow.Import.Matpower;

/// <summary>Cuts a case file into words: comments (<c>%</c>, <c>#</c>, <c>%{ … %}</c>), continued lines (<c>...</c>), numbers, texts, and the
/// quote that is a transpose after an operand and begins a text elsewhere.</summary>
internal sealed class Lexer(string file, string text)
{
    /// <summary>Words of a file; some four times those of the largest public case.</summary>
    private const int WordsMax = 12_000_000;

    private static readonly string[] Symbols = ["...", ".*", "./", ".^", ".'", "==", "~=", "!=", "<=", ">=", "&&", "||"];

    private readonly List<Token> tokens = [];
    private int at;
    private int line = 1;
    private int lineStart;
    private int brackets;

    public List<Token> Read()
    {
        while (at < text.Length)
        {
            var from = at;
            while (at < text.Length && text[at] is ' ' or '\t' or '\r' or '\uFEFF') at++;
            if (at == text.Length) break;
            ReadOne(at > from);
        }
        Add(TokenKind.End, "", 0, at, false);
        return tokens;
    }

    private char Here => at < text.Length ? text[at] : '\0';

    private char Next => at + 1 < text.Length ? text[at + 1] : '\0';

    private void ReadOne(bool space)
    {
        var c = Here;
        if (c == '\n') EndLine(space);
        else if (c is '%' or '#') SkipComment();
        else if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Next))) ReadNumber(space);
        else if (char.IsAsciiLetter(c) || c == '_') ReadName(space);
        else if (c == '"' || (c == '\'' && !ClosesOperand(space))) ReadText(space, c);
        else ReadSymbol(space);
    }

    private void EndLine(bool space)
    {
        Add(TokenKind.NewLine, "", 0, at, space);
        at++;
        line++;
        lineStart = at;
    }

    private void SkipComment()
    {
        var block = Next == '{' && text.AsSpan(lineStart, at - lineStart).IsWhiteSpace() && RestOfLine(at + 2).IsWhiteSpace();
        if (block) SkipBlock();
        else while (at < text.Length && text[at] != '\n') at++;
    }

    private void SkipBlock()
    {
        var (opened, depth) = (line, 0);
        do
        {
            var trimmed = RestOfLine(lineStart).Trim();
            if (trimmed is "%{" or "#{") depth++;
            if (trimmed is "%}" or "#}") depth--;
            at = lineStart + RestOfLine(lineStart).Length;
            if (depth == 0) return;
            if (at == text.Length) throw new ImportException(file, opened, "", "the comment that opens here with %{ is never closed with %}.");
            at++;
            line++;
            lineStart = at;
        }
        while (true);
    }

    private ReadOnlySpan<char> RestOfLine(int from)
    {
        var rest = text.AsSpan(from);
        var end = rest.IndexOf('\n');
        return end < 0 ? rest : rest[..end];
    }

    private void ReadNumber(bool space)
    {
        var from = at;
        while (char.IsAsciiDigit(Here)) at++;
        if (Here == '.' && Next is not ('*' or '/' or '^' or '\'')) at++;
        while (char.IsAsciiDigit(Here)) at++;
        var signed = Next is '+' or '-';
        if (Here is 'e' or 'E' or 'd' or 'D' && (char.IsAsciiDigit(Next) || (signed && at + 2 < text.Length && char.IsAsciiDigit(text[at + 2]))))
        {
            at += signed ? 2 : 1;
            while (char.IsAsciiDigit(Here)) at++;
        }
        var word = text[from..at];
        if (char.IsAsciiLetterOrDigit(Here) || Here == '_' || !double.TryParse(word.Replace('d', 'e').Replace('D', 'e'), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            while (char.IsAsciiLetterOrDigit(Here) || Here is '_' or '.') at++;
            throw new ImportException(file, line, $"column {from - lineStart + 1}", $"'{text[from..at]}' is not a number.");
        }
        Add(TokenKind.Number, word, number, from, space);
    }

    private void ReadName(bool space)
    {
        var from = at;
        while (char.IsAsciiLetterOrDigit(Here) || Here == '_') at++;
        Add(TokenKind.Name, text[from..at], 0, from, space);
    }

    private void ReadText(bool space, char quote)
    {
        var from = at++;
        var content = new System.Text.StringBuilder();
        while (Here != quote || Next == quote)
        {
            if (at >= text.Length || Here == '\n') throw new ImportException(file, line, $"column {from - lineStart + 1}", "the text that opens here is not closed on its line.");
            if (Here == quote) at++;
            content.Append(text[at++]);
        }
        at++;
        Add(TokenKind.Text, content.ToString(), 0, from, space);
    }

    private void ReadSymbol(bool space)
    {
        var symbol = Array.Find(Symbols, candidate => string.CompareOrdinal(text, at, candidate, 0, candidate.Length) == 0) ?? text[at].ToString();
        if (symbol == "...")
        {
            // The statement goes on: the rest of the line is a comment, its end is a blank.
            at += RestOfLine(at).Length;
            if (at < text.Length) at++;
            line++;
            lineStart = at;
            return;
        }
        if ("+-*/^'()[]{}=<>~!&|:;,.@\\".Contains(symbol[0], StringComparison.Ordinal))
        {
            brackets += symbol is "[" or "{" ? 1 : symbol is "]" or "}" ? -1 : 0;
            Add(TokenKind.Symbol, symbol, 0, at, space);
            at += symbol.Length;
            return;
        }
        throw new ImportException(file, line, $"column {at - lineStart + 1}", $"'{symbol}' has no meaning here.");
    }

    private bool ClosesOperand(bool space)
    {
        if (tokens.Count == 0 || (space && brackets > 0)) return false;
        var last = tokens[^1];
        return last.Kind is TokenKind.Name or TokenKind.Number or TokenKind.Text || last.Is(")") || last.Is("]") || last.Is("}") || last.Is("'") || last.Is(".'");
    }

    private void Add(TokenKind kind, string word, double number, int from, bool space)
    {
        if (tokens.Count == WordsMax) throw new ImportException(file, line, "", $"the file has more than {WordsMax} words.");
        tokens.Add(new Token(kind, word, number, line, from - lineStart + 1, space));
    }
}
