namespace MekongTwin.Silo.Running;

/// <summary>
/// Since when each silo has not said in the database that it lives, by the watching silo's own clock: clocks of different
/// machines are not compared.
/// </summary>
internal sealed class LifeSigns(SiloAddress own)
{
    /// <summary>A silo says that it lives every 5 s; this long without a word is no mishap.</summary>
    public static readonly TimeSpan SilentFor = TimeSpan.FromSeconds(20);

    /// <summary>The watching silo must have been heard itself: else it is the database that takes nothing.</summary>
    public static readonly TimeSpan OwnWithin = TimeSpan.FromSeconds(10);

    /// <summary>After an outage silos say that they live again one after the other, up to 40 s apart: they back off while they cannot.</summary>
    public static readonly TimeSpan GraceAfterOutage = TimeSpan.FromSeconds(90);

    private readonly Dictionary<SiloAddress, (DateTime Said, TimeSpan Seen)> _signs = [];
    private TimeSpan _notBefore;
    private bool _wasAway;

    /// <summary>Takes in what active silos last said; gives those that are silent too long.</summary>
    public IReadOnlyList<SiloAddress> Look(IReadOnlyDictionary<SiloAddress, DateTime> said, TimeSpan now)
    {
        if (_wasAway) (_notBefore, _wasAway) = (now + GraceAfterOutage, false);
        foreach (var gone in _signs.Keys.Where(silo => !said.ContainsKey(silo)).ToList()) _signs.Remove(gone);
        foreach (var (silo, word) in said)
        {
            if (!_signs.TryGetValue(silo, out var before) || before.Said != word) _signs[silo] = (word, now);
        }
        if (_signs.TryGetValue(own, out var mine) && now - mine.Seen <= OwnWithin) return now < _notBefore ? [] : [.. _signs.Where(sign => now - sign.Value.Seen > SilentFor).Select(sign => sign.Key)];
        // While it takes nothing of this silo, the others' silence says nothing of them.
        foreach (var silo in _signs.Keys.Where(silo => !silo.Equals(own)).ToList()) _signs[silo] = (_signs[silo].Said, now);
        _notBefore = now + GraceAfterOutage;
        return [];
    }

    /// <summary>The database was away: nobody could say anything.</summary>
    public void Forget()
    {
        _signs.Clear();
        _wasAway = true;
    }
}
