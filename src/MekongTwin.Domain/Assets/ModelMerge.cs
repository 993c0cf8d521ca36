using System.Collections.Immutable;

namespace MekongTwin.Domain.Assets;

/// <summary>
/// Brings a model read from folders together with the one before it: what keeps its name keeps its number, what is new gets
/// the next one, what is gone stays known so that its history stays readable. Mappings are what the folders say now; those made by people are kept
/// and win.
/// </summary>
public static class ModelMerge
{
    public static Model Onto(Model before, Model read)
    {
        var assetNumbers = before.Assets.ToDictionary(asset => asset.Id.Path, asset => asset.Number, StringComparer.Ordinal);
        foreach (var asset in read.Assets) assetNumbers.TryAdd(asset.Id.Path, assetNumbers.Count);
        int[] numbers = [.. read.Assets.Select(asset => assetNumbers[asset.Id.Path])];
        int NumberOf(int readNumber) => readNumber < 0 ? -1 : numbers[readNumber];
        FormerParent? Renumber(FormerParent? former) => former is null ? null : new(NumberOf(former.Parent), former.UntilUs, Renumber(former.Before));
        var assets = Overlay(before.Assets, assetNumbers.Count, read.Assets.Select(asset => Either(asset, asset with
        {
            Number = NumberOf(asset.Number),
            ElectricalParent = NumberOf(asset.ElectricalParent),
            AdministrativeParent = NumberOf(asset.AdministrativeParent),
            Former = Renumber(asset.Former),
        })), asset => asset.Number);

        var count = before.Points.Length;
        int[] pointNumbers = [.. read.Points.Select(point => before.FindPoint(NumberOf(point.Asset), point.Metric)?.Number ?? count++)];
        var points = Overlay(before.Points, count, read.Points.Select(point => Either(point, point with
        {
            Number = pointNumbers[point.Number],
            Asset = NumberOf(point.Asset),
        })), point => point.Number);

        var cities = before.Cities.Where(city => read.FindCity(city.Id) is null).Concat(read.Cities).OrderBy(city => city.Id, StringComparer.Ordinal);
        var devices = read.Devices.Select(device => device with { Asset = NumberOf(device.Asset) });
        var merged = new Model([.. cities], assets, points, [.. devices], []);
        var names = NamesOf(merged, read);
        // A mapping that somebody made and the files now say too is the files' from now on.
        var byPeople = before.Names.Where(name => !name.FromFolder && !names.Contains(name with { FromFolder = true }));
        return merged.WithNames([.. names, .. byPeople]);
    }

    /// <summary>What the folders map, by the merged model's numbers: where a name leads when no person's mapping wins.</summary>
    public static IReadOnlyList<NameMapping> NamesOf(Model merged, Model read) =>
    [
        .. read.Names.Select(name => name with
        {
            Point = merged.FindPoint(merged.FindAsset(read.Assets[read.Points[name.Point].Asset].Id.Path)!.Number, read.Points[name.Point].Metric)!.Number,
            FromFolder = true,
        }),
    ];

    /// <summary>What its new numbers do not change is not kept twice.</summary>
    private static T Either<T>(T read, T renumbered)
        where T : class => read.Equals(renumbered) ? read : renumbered;

    private static ImmutableArray<T> Overlay<T>(ImmutableArray<T> before, int count, IEnumerable<T> read, Func<T, int> numberOf)
    {
        var merged = new T[count];
        before.CopyTo(merged);
        foreach (var item in read) merged[numberOf(item)] = item;
        return [.. merged];
    }
}
