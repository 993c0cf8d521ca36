namespace MekongTwin.Ingest.Mqtt;

/// <summary>The subscription to a broker at one instant.</summary>
/// <param name="Name">The source's name in the ledger.</param>
/// <param name="Since">When the present state, connected or not, began.</param>
/// <param name="LastError">Why the last connection failed or ended; null when none has.</param>
/// <param name="Received">Messages received since the start.</param>
/// <param name="Reconnects">Connections after the first.</param>
/// <param name="InFlight">Messages received and not acknowledged yet.</param>
/// <param name="BrokerDropped">
/// Messages the broker says it has dropped, for all its clients, since it started; null while it has not said.
/// </param>
/// <param name="Faults">Messages lost to a fault of this program, logged.</param>
public sealed record BrokerStatus(
    string Name, bool Connected, DateTimeOffset Since, string? LastError, long Received, int Reconnects, int InFlight, long? BrokerDropped,
    long Faults);
