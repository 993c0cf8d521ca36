using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Model;

/// <summary>
/// Interruptions of supply as a pure function of (seed, feeder, instant): outages, restored section by section from the head, and supply
/// that rotates between groups of feeders by a timetable. A city that says nothing of them has none.
/// </summary>
internal sealed class Supply
{
    private const long DayMs = 86_400_000;
    private const long HourMs = 3_600_000;
    private const long MinuteMs = 60_000;
    private const double DaysPerYear = 365.25;

    /// <summary>Sections that are restored one after another; what lies beyond comes with the last.</summary>
    private const int Stages = 3;

    /// <summary>At most so much comes on top after a long interruption, and how fast it grows and fades, h. Assumed.</summary>
    private const double PickupMax = 0.8;
    private const double PickupGrowsH = 1;
    private const double PickupFadesH = 0.5;

    private readonly SupplyFile _file;
    private readonly TimeZoneInfo _zone;
    private readonly Noise[] _noise;
    private readonly int[] _groupOf;

    public Supply(CityFolder folder, long seed)
    {
        _file = folder.Simulation.Supply;
        _zone = TimeZoneInfo.FindSystemTimeZoneById(folder.City.Zone);
        var feeders = folder.Grid.Feeders;
        _noise = [.. feeders.Select(feeder => Noise.For(seed, $"{folder.City.Id}/{feeder.Id}/outage"))];
        _groupOf = [.. Enumerable.Repeat(-1, feeders.Count)];
        if (_file.Rotation is not { } rotation) return;
        if (rotation.Hours is < 1 or > 24 || 24 % rotation.Hours != 0) throw new InvalidDataException($"simulation.json: supply.rotation.hours is {rotation.Hours}; a day is divided into turns of 1, 2, 3, 4, 6, 8, 12 or 24 hours.");
        for (var group = 0; group < rotation.Groups.Count; group++)
        {
            foreach (var id in rotation.Groups[group])
            {
                var feeder = feeders.ToList().FindIndex(known => known.Id == id);
                if (feeder < 0) throw new InvalidDataException($"simulation.json: supply.rotation.groups[{group}] names {id}, which is no feeder of grid.json.");
                if (_groupOf[feeder] >= 0) throw new InvalidDataException($"simulation.json: supply.rotation.groups[{group}] names {id}, which is in a group already.");
                _groupOf[feeder] = group;
            }
        }
    }

    public FeederSupply At(int feeder, long timeMs)
    {
        if (_groupOf[feeder] >= 0 && IsOff(_groupOf[feeder], timeMs)) return new(0, [1]);
        var (sections, pickups) = (int.MaxValue, (double[]?)null);
        if (RotationBefore(feeder, timeMs) is var (off, on)) pickups = [.. Enumerable.Repeat(Pickup(on - off, timeMs - on), Stages)];
        // Yesterday's may still be picking up.
        for (var day = timeMs / DayMs - 1; day <= timeMs / DayMs; day++)
        {
            if (OutageOf(feeder, day) is not { } outage || timeMs < outage.BeginMs) continue;
            pickups ??= [1, 1, 1];
            for (var stage = 0; stage < Stages; stage++)
            {
                if (timeMs < outage.RestoredMs[stage]) sections = Math.Min(sections, stage);
                else pickups[stage] *= Pickup(outage.RestoredMs[stage] - outage.BeginMs, timeMs - outage.RestoredMs[stage]);
            }
        }
        return pickups is null ? FeederSupply.Whole : new(sections, pickups);
    }

    /// <summary>The outage of a feeder that begins on a day (UTC), and when each section is fed again; it has ended when the next one may begin.</summary>
    public (long BeginMs, long[] RestoredMs)? OutageOf(int feeder, long day)
    {
        var noise = _noise[feeder];
        if (noise.Block(day, 0) >= _file.OutagesPerFeederYear / DaysPerYear) return null;
        var begin = day * DayMs + (long)(20 * HourMs * noise.Block(day, 1));
        // The switches near the head are reached first, the fault is behind the last one.
        var first = begin + (long)(MinuteMs * (5 + 15 * noise.Block(day, 2)));
        var second = first + (long)(MinuteMs * (10 + 30 * noise.Block(day, 3)));
        return (begin, [first, second, second + (long)(MinuteMs * (30 + 120 * noise.Block(day, 4)))]);
    }

    /// <summary>In each turn of the local day one group is off; the turns move on by one from day to day, so that nobody always has the same.</summary>
    private bool IsOff(int group, long timeMs)
    {
        var turn = TurnAt(timeMs);
        return turn % _file.Rotation!.Groups.Count == group;
    }

    private long TurnAt(long timeMs)
    {
        var local = LocalTime.Of(timeMs, _zone);
        var perDay = 24 / _file.Rotation!.Hours;
        return local.Date.DayNumber * (long)(perDay + 1) + (int)(local.Hour / _file.Rotation.Hours);
    }

    /// <summary>The turn before this one, if the feeder's group was off in it. The zones have no summer time.</summary>
    private (long OffMs, long OnMs)? RotationBefore(int feeder, long timeMs)
    {
        if (_groupOf[feeder] < 0) return null;
        var lengthMs = _file.Rotation!.Hours * HourMs;
        var zoneMs = (long)_zone.BaseUtcOffset.TotalMilliseconds;
        var on = (timeMs + zoneMs) / lengthMs * lengthMs - zoneMs;
        return IsOff(_groupOf[feeder], on - 1) ? (on - lengthMs, on) : null;
    }

    private static double Pickup(long interruptedMs, long sinceMs) =>
        1 + PickupMax * (1 - Math.Exp(-interruptedMs / (PickupGrowsH * HourMs))) * Math.Exp(-sinceMs / (PickupFadesH * HourMs));
}
