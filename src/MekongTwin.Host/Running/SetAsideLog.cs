using MekongTwin.Domain.Assets;
using MekongTwin.Host.Twins;

namespace MekongTwin.Host.Running;

/// <summary>Says once when a twin is set aside, with its reason, and once when it is back.</summary>
internal sealed partial class SetAsideLog(ILogger log)
{
    /// <summary>Twins named in one turn: a disk that fails can take thousands along.</summary>
    private const int NamedMax = 10;

    private IReadOnlyDictionary<AssetId, TwinFault> _known = new Dictionary<AssetId, TwinFault>();

    public void Look(IReadOnlyList<TwinFault> faults)
    {
        if (faults.Count + _known.Count == 0) return;
        var now = faults.ToDictionary(fault => fault.Asset);
        var gone = faults.Where(fault => !_known.ContainsKey(fault.Asset)).ToList();
        foreach (var fault in gone.Take(NamedMax)) LogSetAside(log, fault.Asset, fault.Why);
        if (gone.Count > NamedMax) LogMoreSetAside(log, gone.Count - NamedMax);
        var back = _known.Keys.Where(asset => !now.ContainsKey(asset)).ToList();
        foreach (var asset in back.Take(NamedMax)) LogBack(log, asset);
        if (back.Count > NamedMax) LogMoreBack(log, back.Count - NamedMax);
        _known = now;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "twins: {Asset} is set aside: {Reason} It is tried again by itself; its readings wait in the journal")]
    private static partial void LogSetAside(ILogger logger, AssetId asset, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "twins: {Count} more are set aside")]
    private static partial void LogMoreSetAside(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "twins: {Asset} is back, with all its readings")]
    private static partial void LogBack(ILogger logger, AssetId asset);

    [LoggerMessage(Level = LogLevel.Information, Message = "twins: {Count} more are back")]
    private static partial void LogMoreBack(ILogger logger, int count);
}
