namespace MekongTwin.Scenarios;

/// <summary>A scenario that cannot be: the message names the field and what was expected.</summary>
public sealed class ScenarioException(string field, string message) : Exception($"{field}: {message}")
{
    public string Field { get; } = field;
}
