namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>The order in which to eliminate the nodes of a graph so that little fills in: always one with the fewest neighbours left
/// (Tinney's second scheme: Tinney and Walker, Proceedings of the IEEE 55(11), 1967).</summary>
/// <remarks>The graph of a grid is close to a tree, so the neighbourhoods stay small and are kept explicitly: about the square of the
/// neighbourhood a node, one to two hundred at the end of a country's grid.</remarks>
internal static class MinimumDegree
{
    /// <param name="neighbours">For each node its neighbours, ascending, without itself; used up.</param>
    /// <returns>The nodes in order of elimination, and for each the neighbours it had then.</returns>
    public static (int[] Order, int[][] Eliminated) Order(List<int>[] neighbours)
    {
        var count = neighbours.Length;
        var (order, eliminated) = (new int[count], new int[count][]);
        // Entries go stale when a degree changes; the stale ones are passed over.
        var queue = new PriorityQueue<int, (int Degree, int Node)>(count);
        for (var node = 0; node < count; node++) queue.Enqueue(node, (neighbours[node].Count, node));
        var done = new bool[count];
        var merged = new List<int>();
        for (var step = 0; step < count; step++)
        {
            int pivot;
            while (true)
            {
                queue.TryDequeue(out pivot, out var priority);
                if (!done[pivot] && priority.Degree == neighbours[pivot].Count) break;
            }
            done[pivot] = true;
            order[step] = pivot;
            int[] clique = [.. neighbours[pivot]];
            eliminated[step] = clique;
            foreach (var node in clique)
            {
                Join(neighbours[node], clique, node, pivot, merged);
                (neighbours[node], merged) = (merged, neighbours[node]);
                queue.Enqueue(node, (neighbours[node].Count, node));
            }
            neighbours[pivot] = [];
        }
        return (order, eliminated);
    }

    /// <summary>The ascending union of both, without the node itself and the pivot.</summary>
    private static void Join(List<int> own, int[] clique, int node, int pivot, List<int> into)
    {
        into.Clear();
        var (a, b) = (0, 0);
        while (a < own.Count || b < clique.Length)
        {
            var next = b == clique.Length || (a < own.Count && own[a] <= clique[b]) ? own[a] : clique[b];
            while (a < own.Count && own[a] == next) a++;
            while (b < clique.Length && clique[b] == next) b++;
            if (next != node && next != pivot) into.Add(next);
        }
    }
}
