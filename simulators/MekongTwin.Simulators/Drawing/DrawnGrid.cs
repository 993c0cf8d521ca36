namespace MekongTwin.Simulators.Drawing;

internal sealed record DrawnNode(string Id, Place Place);

internal sealed record DrawnLine(string Id, string From, string To, double LengthKm, string Conductor, string? Switch);

internal sealed record DrawnTransformer(string Id, string Node, string District, Place Place, double RatingKva, FeederKind Kind, string? Owner)
{
    public int Households { get; set; }
}

/// <summary>A feeder with its nodes, the backbone's first, in order from the substation.</summary>
internal sealed record DrawnFeeder(string Slug, string Name, FeederKind Kind, IReadOnlyList<DrawnNode> Backbone, IReadOnlyList<DrawnNode> Nodes, IReadOnlyList<DrawnLine> Lines)
{
    public string Id => "fdr/" + Slug;

    public List<DrawnTransformer> Transformers { get; } = [];
}

internal sealed record DrawnSubstation(PlannedSubstation Plan, IReadOnlyList<DrawnFeeder> Feeders, IReadOnlyList<DrawnLine> Rings);
