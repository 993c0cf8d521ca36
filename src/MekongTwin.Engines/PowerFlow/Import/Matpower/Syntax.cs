namespace MekongTwin.Engines.PowerFlow.Import.Matpower;

/// <summary>What a case file says, and where.</summary>
internal abstract record Syntax(int Line);

internal sealed record NumberSyntax(int Line, double Value) : Syntax(Line);

internal sealed record TextSyntax(int Line, string Value) : Syntax(Line);

/// <summary>A lone colon in an index: all of them.</summary>
internal sealed record AllSyntax(int Line) : Syntax(Line);

/// <summary><c>end</c> in an index: the last of them.</summary>
internal sealed record LastSyntax(int Line) : Syntax(Line);

internal sealed record NameSyntax(int Line, string Name) : Syntax(Line);

internal sealed record FieldSyntax(int Line, Syntax Of, string Name) : Syntax(Line);

/// <summary>A call or an index; the language writes both alike.</summary>
internal sealed record CallSyntax(int Line, Syntax Of, List<Syntax> Arguments) : Syntax(Line);

internal sealed record UnarySyntax(int Line, string Operator, Syntax Operand) : Syntax(Line);

internal sealed record BinarySyntax(int Line, string Operator, Syntax Left, Syntax Right) : Syntax(Line);

internal sealed record RangeSyntax(int Line, Syntax From, Syntax? Step, Syntax To) : Syntax(Line);

internal sealed record MatrixSyntax(int Line, List<(int Line, List<Syntax> Items)> Rows) : Syntax(Line);

/// <summary>Names of buses, fuels: read past, never used.</summary>
internal sealed record CellSyntax(int Line) : Syntax(Line);

internal sealed record AssignmentSyntax(int Line, List<Syntax> Targets, Syntax Value) : Syntax(Line);

internal sealed record IfSyntax(int Line, List<(Syntax? Condition, List<Syntax> Body)> Branches) : Syntax(Line);

internal sealed record ForSyntax(int Line, string Name, Syntax Range, List<Syntax> Body) : Syntax(Line);

/// <summary>The head of a case file: its name and what it gives back.</summary>
internal sealed record FunctionSyntax(int Line, string Name, List<string> Results);
