using MekongTwin.Domain.Assets;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Cities;

/// <summary>
/// What changed city folders may do to cities that run: add, rename, map. What takes something away, or would alter what is folded,
/// waits for a restart.
/// </summary>
internal static class FolderChange
{
    /// <summary>Names in a message.</summary>
    private const int NamedMax = 5;

    /// <summary>The model with the change; throws <see cref="InputException"/> when it has to wait.</summary>
    /// <param name="running">What the twins stand for.</param>
    /// <param name="before">The folders as they were read last.</param>
    /// <param name="now">The folders as they are.</param>
    public static Model Accept(Model running, Model before, Model now)
    {
        List<string> gone = [.. NamesOf(before).Except(NamesOf(now), StringComparer.Ordinal)];
        if (gone.Count > 0)
        {
            var named = string.Join(", ", gone.Take(NamedMax)) + (gone.Count > NamedMax ? $" and {gone.Count - NamedMax} more" : "");
            throw new InputException($"No longer there: {named}. A city that runs takes additions only. Put it back, or restart the program to go by the folder as it is.");
        }
        var after = ModelMerge.Onto(running, now);
        return ModelLog.KeepsFacts(running, after) ? after
            : throw new InputException($"What is folded already would change ({ModelDifference.Describe(running, after)}): a parent, a kind, a unit, a hold time, a length or a free-flow speed. Undo it, or restart the program: it then folds the journal again.");
    }

    /// <summary>Cities, assets and points as they are called on the wire.</summary>
    private static IEnumerable<string> NamesOf(Model model) =>
        model.Assets.Select(asset => asset.Id.Path).Concat(model.Points.Select(point => $"{model.Assets[point.Asset].Id}/{point.Metric}"));
}
