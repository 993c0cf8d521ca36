namespace MekongTwin.Engines.PowerFlow.Import.Matpower;

internal enum TokenKind
{
    Number,
    Text,
    Name,
    Symbol,
    NewLine,
    End,
}

/// <summary>A word of a case file and where it stands, counted from 1.</summary>
/// <param name="SpaceBefore">Blank before it: inside brackets that may begin a new element.</param>
internal readonly record struct Token(TokenKind Kind, string Text, double Number, int Line, int Column, bool SpaceBefore)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public override string ToString() => Kind switch
    {
        TokenKind.NewLine => "the end of the line",
        TokenKind.End => "the end of the file",
        _ => $"'{Text}'",
    };
}
