namespace MekongTwin.Simulators.Model;

/// <summary>
/// What one feeder feeds: nodes by their numbers, outward from its head, each with the position of the node that it is fed
/// from (-1 for the head) and the line in between.
/// </summary>
internal sealed record FeederTree(int[] Nodes, int[] FedFrom, int[] Lines);
