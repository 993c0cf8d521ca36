namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>The symbolic half of a factorisation, done once a network and used by every iteration of every scenario: the order of the
/// nodes and where each product of the elimination goes. Nodes are counted in elimination order; the pattern is symmetric.</summary>
internal sealed class Elimination
{
    private Elimination(int[] order, int[] start, int[] column, int[] target) => (Order, Start, Column, Target) = (order, start, column, target);

    /// <summary>Position to node.</summary>
    public int[] Order { get; }

    /// <summary>The slots of row k above the diagonal (and of column k below it) are Start[k] to Start[k+1].</summary>
    public int[] Start { get; }

    /// <summary>The position each slot leads to; ascending within a row, always greater than the row.</summary>
    public int[] Column { get; }

    /// <summary>For each row, for each pair of its slots p before q: the slot (Column[p], Column[q]) that their product is taken from.</summary>
    public int[] Target { get; }

    public int Count => Order.Length;

    /// <param name="neighbours">For each node its neighbours, ascending, without itself; used up.</param>
    public static Elimination Of(List<int>[] neighbours)
    {
        var (order, eliminated) = MinimumDegree.Order(neighbours);
        var position = new int[order.Length];
        for (var k = 0; k < order.Length; k++) position[order[k]] = k;
        var start = new int[order.Length + 1];
        for (var k = 0; k < order.Length; k++) start[k + 1] = start[k] + eliminated[k].Length;
        var column = new int[start[^1]];
        for (var k = 0; k < order.Length; k++)
        {
            var row = column.AsSpan(start[k]..start[k + 1]);
            for (var n = 0; n < row.Length; n++) row[n] = position[eliminated[k][n]];
            row.Sort();
        }
        return new Elimination(order, start, column, Targets(start, column));
    }

    /// <summary>The slot of (row, column), row before column; the pattern has it.</summary>
    public int Slot(int row, int column) => Start[row] + Column.AsSpan(Start[row]..Start[row + 1]).BinarySearch(column);

    private static int[] Targets(int[] start, int[] column)
    {
        var products = 0;
        for (var k = 0; k + 1 < start.Length; k++) products = checked(products + ((start[k + 1] - start[k]) * (start[k + 1] - start[k] - 1) / 2));
        var target = new int[products];
        var next = 0;
        for (var k = 0; k + 1 < start.Length; k++)
        {
            for (var p = start[k]; p < start[k + 1]; p++)
            {
                // Row k's slots after p are all in row Column[p] too: that is what elimination fills in.
                var slot = start[column[p]];
                for (var q = p + 1; q < start[k + 1]; q++)
                {
                    while (column[slot] != column[q]) slot++;
                    target[next++] = slot;
                }
            }
        }
        return target;
    }
}
