using System.Collections.Immutable;
using MekongTwin.Domain.Assets;

namespace MekongTwin.Domain.Tests.Assets;

public sealed class NetworkTraces
{
    private static readonly ImmutableArray<Conductor> Conductors = [new("c", 0.1, 0.1, 300)];

    /// <summary>Feeders 0 and 1 with the nodes 2, 3 and 4; a tie between the two ends.</summary>
    private static Network Ring(NormalState tie) => new("x", Conductors,
        [new("f0") { Head = 10 }, new("f1") { Head = 11 }, new("a"), new("b"), new("c")],
        [Line(0, 2), Line(2, 3), Line(1, 4), Line(3, 4) with { Switch = tie }]);

    private static NetworkLine Line(int from, int to) => new($"{from}-{to}", from, to, 1, 0, NormalState.None);

    [Fact]
    public void AnOpenTieKeepsTwoFeedersApart()
    {
        var trace = Ring(NormalState.Open).Trace();
        Assert.Equal([10, 11, 10, 10, 11], trace.FeederOfNode);
        Assert.Equal([-1, -1, 0, 1, 2], trace.LineToNode);
        Assert.Empty(trace.Loops);
    }

    [Fact]
    public void AClosedTieIsNamedAsALoop() => Assert.Single(Ring(NormalState.Closed).Trace().Loops);

    [Fact]
    public void SwitchingOverTheTieMovesTheTail()
    {
        var trace = Ring(NormalState.Open).Trace(line => line != 1);
        Assert.Equal([10, 11, 10, 11, 11], trace.FeederOfNode);
    }

    /// <summary>Whatever lines there are: every closed line is on a tree, a loop, or between nodes that nobody feeds.</summary>
    [Fact]
    public void EveryClosedLineIsOfATreeOrALoopOrDead()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var nodes = Enumerable.Range(0, 12).Select(i => new NetworkNode($"n{i}") { Head = i < 2 ? i : -1 }).ToImmutableArray();
            var lines = Enumerable.Range(0, random.Next(20)).Select(i => Line(random.Next(12), random.Next(12)) with { Switch = (NormalState)random.Next(3) }).Where(line => line.From != line.To).ToImmutableArray();
            var trace = new Network("x", Conductors, nodes, lines).Trace();
            var treeLines = trace.LineToNode.Where(line => line >= 0).ToList();
            Assert.Equal(treeLines.Count, treeLines.Distinct().Count());
            for (var line = 0; line < lines.Length; line++)
            {
                if (lines[line].Switch == NormalState.Open) continue;
                var isDead = trace.FeederOfNode[lines[line].From] < 0 && trace.FeederOfNode[lines[line].To] < 0;
                Assert.Equal(1, (treeLines.Contains(line) ? 1 : 0) + (trace.Loops.Contains(line) ? 1 : 0) + (isDead ? 1 : 0));
            }
            Assert.Equal(trace.FeederOfNode.Count(feeder => feeder >= 0), trace.Outward.Length);
        }
    }
}
