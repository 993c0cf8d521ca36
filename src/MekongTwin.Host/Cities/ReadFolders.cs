using MekongTwin.Domain.Assets;

namespace MekongTwin.Host.Cities;

/// <summary>City folders as they were read: a model in numbers of its own, what of it is not journalled, and the files' stamp before.</summary>
internal sealed record ReadFolders(string Stamp, Model Model, IReadOnlyList<Network> Networks, IReadOnlyList<CityMap> Maps, IReadOnlyList<string> Warnings)
{
    /// <summary>Throws <see cref="InputException"/> with every mistake.</summary>
    public static ReadFolders From(IReadOnlyList<string> folders)
    {
        var stamp = FolderWatch.StampOf(folders);
        var (networks, maps, warnings) = (new List<Network>(), new List<CityMap>(), new List<string>());
        var model = CityFolder.Read(folders, warnings, networks, maps);
        return new(stamp, model, networks, maps, warnings);
    }
}
