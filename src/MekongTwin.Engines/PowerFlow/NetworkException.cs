namespace MekongTwin.Engines.PowerFlow;

/// <summary>A network that cannot be: the message names the element, the field and the value.</summary>
public sealed class NetworkException(string message) : Exception(message);
