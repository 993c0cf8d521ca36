namespace MekongTwin.Engines.PowerFlow.Import.Matpower;

/// <summary>Reads the statements that case files are made of: assignments with matrices, arithmetic and indices, <c>if</c> and <c>for</c>.</summary>
internal sealed class Parser(string file, List<Token> tokens)
{
    /// <summary>Brackets deeper than this are a mistake, not a case.</summary>
    private const int DepthMax = 200;

    private static readonly string[][] Precedence = [["||"], ["&&"], ["|"], ["&"], ["==", "~=", "!=", "<", "<=", ">", ">="], [":"], ["+", "-"], ["*", "/", ".*", "./", "\\"]];
    private static readonly string[] Closing = ["end", "endif", "endfor", "endfunction", "else", "elseif"];

    private int at;
    private int depth;
    private int blocks;
    private bool inMatrix;

    private Token Here => tokens[at];

    /// <summary>The function's head, if the file has one, and its statements.</summary>
    public (FunctionSyntax? Head, List<Syntax> Body) Read()
    {
        SkipEnds();
        FunctionSyntax? head = null;
        if (Here.IsName("function"))
        {
            head = ReadHead();
        }
        var body = ReadBody();
        if (head is not null && (Here.IsName("end") || Here.IsName("endfunction")))
        {
            at++;
            SkipEnds();
        }
        // Functions of the file's own come after the case and are not called by it, or the call says so.
        if (Here.Kind != TokenKind.End && !Here.IsName("function")) throw Wrong(Here, $"{Here} closes nothing.");
        return (head, body);
    }

    private FunctionSyntax ReadHead()
    {
        var line = Here.Line;
        at++;
        var names = new List<string>();
        var bracketed = Here.Is("[");
        if (bracketed) at++;
        while (Here.Kind == TokenKind.Name || (bracketed && Here.Is(",")))
        {
            if (Here.Kind == TokenKind.Name) names.Add(Here.Text);
            at++;
        }
        if (bracketed) Expect("]");
        if (!Here.Is("=")) return new FunctionSyntax(line, names.Count > 0 ? names[^1] : "", []);
        at++;
        if (Here.Kind != TokenKind.Name) throw Wrong(Here, $"{Here} is not the name of a function.");
        var name = tokens[at++].Text;
        while (Here.Kind is not (TokenKind.NewLine or TokenKind.End)) at++;
        return new FunctionSyntax(line, name, names);
    }

    private List<Syntax> ReadBody()
    {
        if (++blocks > DepthMax) throw Wrong(Here, $"nested deeper than {DepthMax}.");
        var body = new List<Syntax>();
        SkipEnds();
        while (Here.Kind != TokenKind.End && !Here.IsName("function") && !(Here.Kind == TokenKind.Name && Array.IndexOf(Closing, Here.Text) >= 0))
        {
            body.Add(ReadStatement());
            if (Here.Kind is not (TokenKind.NewLine or TokenKind.End) && !Here.Is(";") && !Here.Is(",")) throw Wrong(Here, $"{Here} is not expected after a statement.");
            SkipEnds();
        }
        blocks--;
        return body;
    }

    private Syntax ReadStatement()
    {
        if (Here.IsName("if")) return ReadIf();
        if (Here.IsName("for")) return ReadFor();
        if (Here.Kind == TokenKind.Name && Here.Text is "while" or "switch" or "try" or "do" or "global" or "persistent" or "return" or "break" or "continue") throw Wrong(Here, $"'{Here.Text}' is not supported in a case file.");
        var line = Here.Line;
        if (Here.Is("[") && EndsWithAssignment(at)) return ReadSeveral(line);
        var target = ReadExpression();
        if (!Here.Is("=")) return target;
        at++;
        return new AssignmentSyntax(line, [target], ReadExpression());
    }

    private bool EndsWithAssignment(int from)
    {
        var open = 0;
        for (var i = from; i < tokens.Count; i++)
        {
            if (tokens[i].Is("[")) open++;
            if (tokens[i].Is("]") && --open == 0) return tokens[i + 1].Is("=");
        }
        return false;
    }

    private AssignmentSyntax ReadSeveral(int line)
    {
        at++;
        var targets = new List<Syntax>();
        while (!Here.Is("]"))
        {
            if (Here.Kind == TokenKind.Name) targets.Add(new NameSyntax(Here.Line, Here.Text));
            else if (Here.Is("~")) targets.Add(new AllSyntax(Here.Line));
            else if (!Here.Is(",") && Here.Kind != TokenKind.NewLine) throw Wrong(Here, $"{Here} is not a name to assign to.");
            at++;
        }
        at += 2;
        return new AssignmentSyntax(line, targets, ReadExpression());
    }

    private IfSyntax ReadIf()
    {
        var line = Here.Line;
        var branches = new List<(Syntax?, List<Syntax>)>();
        do
        {
            var always = Here.IsName("else");
            at++;
            branches.Add((always ? null : ReadExpression(), ReadBody()));
        }
        while (Here.IsName("elseif") || Here.IsName("else"));
        ExpectEnd("if", line, "endif");
        return new IfSyntax(line, branches);
    }

    private ForSyntax ReadFor()
    {
        var line = Here.Line;
        at++;
        if (Here.Kind != TokenKind.Name) throw Wrong(Here, $"{Here} is not the name of a counter.");
        var name = tokens[at++].Text;
        Expect("=");
        var range = ReadExpression();
        var body = ReadBody();
        ExpectEnd("for", line, "endfor");
        return new ForSyntax(line, name, range, body);
    }

    private Syntax ReadExpression() => ReadBinary(0);

    private Syntax ReadBinary(int level)
    {
        if (level == Precedence.Length) return ReadUnary();
        var left = ReadBinary(level + 1);
        while (Here.Kind == TokenKind.Symbol && Array.IndexOf(Precedence[level], Here.Text) >= 0 && !BeginsElement())
        {
            var token = tokens[at++];
            SkipLinesInParentheses();
            var right = ReadBinary(level + 1);
            if (token.Text != ":") left = new BinarySyntax(token.Line, token.Text, left, right);
            else left = left is RangeSyntax { Step: null } range ? new RangeSyntax(token.Line, range.From, range.To, right) : new RangeSyntax(token.Line, left, null, right);
        }
        return left;
    }

    /// <summary>In <c>[1 -2]</c> the minus begins a second element, in <c>[1 - 2]</c> and <c>[1-2]</c> it subtracts.</summary>
    private bool BeginsElement() => inMatrix && Here.SpaceBefore && (Here.Is("+") || Here.Is("-")) && !tokens[at + 1].SpaceBefore;

    private Syntax ReadUnary()
    {
        if (!(Here.Is("-") || Here.Is("+") || Here.Is("~") || Here.Is("!"))) return ReadPower();
        var token = tokens[at++];
        Enter(token);
        var operand = ReadUnary();
        depth--;
        if (operand is NumberSyntax number && token.Text is "-" or "+") return token.Text == "-" ? new NumberSyntax(token.Line, -number.Value) : operand;
        return new UnarySyntax(token.Line, token.Text, operand);
    }

    private Syntax ReadPower()
    {
        var left = ReadPostfix();
        while (Here.Is("^") || Here.Is(".^"))
        {
            var token = tokens[at++];
            var sign = Here.Is("-") || Here.Is("+") ? tokens[at++].Text : "";
            var right = ReadPostfix();
            left = new BinarySyntax(token.Line, token.Text, left, sign == "-" ? new UnarySyntax(token.Line, "-", right) : right);
        }
        return left;
    }

    private Syntax ReadPostfix()
    {
        var value = ReadOperand();
        for (var links = 0; ; links++)
        {
            var token = Here;
            if (links > DepthMax) throw Wrong(token, $"more than {DepthMax} fields, indices and transposes in a row.");
            if (inMatrix && token.SpaceBefore) return value;
            if (token.Is("("))
            {
                value = new CallSyntax(token.Line, value, ReadArguments());
            }
            else if (token.Is(".") && tokens[at + 1].Kind == TokenKind.Name)
            {
                value = new FieldSyntax(token.Line, value, tokens[at + 1].Text);
                at += 2;
            }
            else if (token.Is("'") || token.Is(".'"))
            {
                at++;
                value = new UnarySyntax(token.Line, "'", value);
            }
            else
            {
                return value;
            }
        }
    }

    private List<Syntax> ReadArguments()
    {
        var (outer, arguments) = (inMatrix, new List<Syntax>());
        inMatrix = false;
        Enter(tokens[at++]);
        SkipLinesInParentheses();
        while (!Here.Is(")"))
        {
            if (Here.Is(":") && (tokens[at + 1].Is(",") || tokens[at + 1].Is(")"))) arguments.Add(new AllSyntax(tokens[at++].Line));
            else arguments.Add(ReadExpression());
            SkipLinesInParentheses();
            if (Here.Is(",")) at++;
            else if (!Here.Is(")")) throw Wrong(Here, $"expected ',' or ')', found {Here}.");
            SkipLinesInParentheses();
        }
        at++;
        depth--;
        inMatrix = outer;
        return arguments;
    }

    private Syntax ReadOperand()
    {
        var token = Here;
        if (token.Kind == TokenKind.Number)
        {
            at++;
            return new NumberSyntax(token.Line, token.Number);
        }
        if (token.Kind == TokenKind.Text)
        {
            at++;
            return new TextSyntax(token.Line, token.Text);
        }
        if (token.Kind == TokenKind.Name)
        {
            at++;
            return token.Text == "end" ? new LastSyntax(token.Line) : new NameSyntax(token.Line, token.Text);
        }
        if (token.Is("(")) return ReadParenthesised();
        if (token.Is("[")) return ReadMatrix();
        if (token.Is("{")) return SkipCell();
        throw Wrong(token, $"expected a value, found {token}.");
    }

    private Syntax ReadParenthesised()
    {
        var outer = inMatrix;
        inMatrix = false;
        Enter(tokens[at++]);
        SkipLinesInParentheses();
        var value = ReadExpression();
        SkipLinesInParentheses();
        Expect(")");
        depth--;
        inMatrix = outer;
        return value;
    }

    private MatrixSyntax ReadMatrix()
    {
        var (outer, opened) = (inMatrix, Here);
        inMatrix = true;
        Enter(tokens[at++]);
        var rows = new List<(int, List<Syntax>)>();
        var row = new List<Syntax>();
        var line = opened.Line;
        while (!Here.Is("]"))
        {
            if (Here.Kind == TokenKind.End || (Here.Kind == TokenKind.Symbol && Here.Text == "=")) throw new ImportException(file, opened.Line, $"column {opened.Column}", Here.Kind == TokenKind.End ? "the matrix that opens here with [ is never closed with ]." : $"the matrix that opens here with [ is not closed before line {Here.Line}.");
            if (Here.Is(";") || Here.Kind == TokenKind.NewLine)
            {
                if (row.Count > 0) rows.Add((line, row));
                if (row.Count > 0) row = [];
                at++;
            }
            else if (Here.Is(","))
            {
                at++;
            }
            else
            {
                if (row.Count == 0) line = Here.Line;
                row.Add(ReadExpression());
            }
        }
        at++;
        depth--;
        if (row.Count > 0) rows.Add((line, row));
        inMatrix = outer;
        return new MatrixSyntax(opened.Line, rows);
    }

    private CellSyntax SkipCell()
    {
        var opened = Here;
        var open = 0;
        do
        {
            open += Here.Is("{") ? 1 : Here.Is("}") ? -1 : 0;
            if (Here.Kind == TokenKind.End) throw new ImportException(file, opened.Line, $"column {opened.Column}", "the list that opens here with { is never closed with }.");
            at++;
        }
        while (open > 0);
        return new CellSyntax(opened.Line);
    }

    private void Enter(Token token)
    {
        if (++depth > DepthMax) throw Wrong(token, $"nested deeper than {DepthMax}.");
    }

    private void SkipEnds()
    {
        while (Here.Kind == TokenKind.NewLine || Here.Is(";") || Here.Is(",")) at++;
    }

    private void SkipLinesInParentheses()
    {
        while (!inMatrix && depth > 0 && Here.Kind == TokenKind.NewLine) at++;
    }

    private void Expect(string symbol)
    {
        if (!Here.Is(symbol)) throw Wrong(Here, $"expected '{symbol}', found {Here}.");
        at++;
    }

    private void ExpectEnd(string what, int line, string longEnd)
    {
        if (!Here.IsName("end") && !Here.IsName(longEnd)) throw Wrong(Here, $"the '{what}' of line {line} is not closed with 'end'.");
        at++;
    }

    private ImportException Wrong(Token token, string what) => new(file, token.Line, $"column {token.Column}", what);
}
