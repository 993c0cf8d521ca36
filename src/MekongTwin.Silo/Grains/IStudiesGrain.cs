using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Grains;

/// <summary>The what-if studies of a region: they are asked for, run and removed at one place. What it says of them is JSON. Keyed <c>region|studies</c>.</summary>
[Alias("mt.studies")]
public interface IStudiesGrain : IGrainWithStringKey
{
    /// <summary>Takes a scenario in.</summary>
    [Alias("ask")]
    Task<WireAsked> AskAsync(byte[] scenario, string by);

    /// <summary>All of them, newest first. Whoever asks wakes it: what waited when a silo died goes on.</summary>
    [Alias("list")]
    Task<byte[]> ListAsync();

    /// <summary>Null when there is none.</summary>
    [Alias("find")]
    Task<byte[]?> FindAsync(string id);

    /// <summary>Stops one that waits or runs, removes one that has ended; false when there is none.</summary>
    [Alias("remove")]
    Task<bool> RemoveAsync(string id);
}
