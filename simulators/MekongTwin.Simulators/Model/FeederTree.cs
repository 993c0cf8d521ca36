namespace MekongTwin.Simulators.Model;

/// <summary>
/// What one feeder feeds: nodes by their numbers, outward from its head, each with the position of the node that it is fed
/// from (-1 for the head), the line in between, and the section it is in: how many switches lie between it and the head.
/// </summary>
internal sealed record FeederTree(int[] Nodes, int[] FedFrom, int[] Lines, int[] Sections);
