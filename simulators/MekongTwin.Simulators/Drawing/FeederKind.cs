namespace MekongTwin.Simulators.Drawing;

/// <summary>
/// What is typical of a feeder of a kind. Lengths in km along the backbone; <see cref="OwnedShare"/> is the part of its
/// transformers that belong to a customer. All of it is assumed.
/// </summary>
internal sealed record FeederKind(
    string Name, double LengthMinKm, double LengthMaxKm, double LateralMinKm, double LateralMaxKm, string Backbone, string Lateral, double RatingA,
    double OwnedShare, double ShopsPerHousehold, (string Class, double Weight)[] Owners, (double RatingKva, double Weight)[] Public)
{
    /// <summary>Ratings of transformers that a customer owns, kVA.</summary>
    public static (double RatingKva, double Weight)[] Owned { get; } =
        [(400, 8), (560, 7), (630, 6), (750, 3.5), (1000, 2.5), (1250, 1.5), (1600, 0.9), (2000, 0.4), (2500, 0.2)];

    private static readonly (double, double)[] InTown = [(100, 0.5), (160, 3), (250, 5), (400, 3.5), (560, 0.5), (630, 0.3)];

    private static readonly FeederKind[] All =
    [
        new("urban", 3, 7, 0.15, 0.5, "xlpe-al-240", "xlpe-al-95", 400, 0.13, 0.10, [("commercial", 7), ("hotel", 1), ("industrial", 1), ("pumping", 0.3)], InTown),
        new("centre", 3, 6, 0.1, 0.4, "xlpe-al-300", "xlpe-al-95", 450, 0.20, 0.16, [("commercial", 7), ("hotel", 3)], InTown),
        new("coast", 3, 8, 0.15, 0.5, "xlpe-al-300", "xlpe-al-95", 450, 0.24, 0.12, [("hotel", 6.5), ("commercial", 3.5)], InTown),
        new("industrial", 3, 8, 0.2, 0.6, "ac-240", "ac-95", 500, 0.40, 0.08, [("industrial", 9), ("commercial", 1)], InTown),
        new("rural", 11, 30, 0.6, 2.5, "ac-240", "ac-95", 500, 0.22, 0.07, [("industrial", 5), ("pumping", 3), ("commercial", 2)], [(100, 3), (160, 3), (250, 3), (400, 1)]),
    ];

    public static FeederKind Find(string name) => All.FirstOrDefault(kind => kind.Name == name)
        ?? throw new InvalidDataException($"plan.json: \"{name}\" is no kind of feeder; there are {string.Join(", ", All.Select(kind => kind.Name))}.");
}
