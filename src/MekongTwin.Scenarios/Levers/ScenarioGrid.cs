using System.Collections.Immutable;
using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Scenarios.Levers;

/// <summary>A bus or a branch that a lever adds behind those of the city.</summary>
/// <param name="Lever">Position of the lever.</param>
/// <param name="IsLine">Else a transformer, or its low-voltage side.</param>
/// <param name="Node">The node of the city where it is joined on.</param>
internal readonly record struct AddedElement(int Lever, bool IsLine, int Node);

/// <summary>A city's grid as levers have it: its own buses and branches keep their numbers, each addition has one bus and one branch after them.</summary>
internal sealed record ScenarioGrid(Network Network, ImmutableArray<AddedElement> Added)
{
    /// <summary>The bus that a lever added.</summary>
    public int BusAddedBy(int lever) => Network.Buses.Count - Added.Length + Enumerable.Range(0, Added.Length).First(i => Added[i].Lever == lever);
}
