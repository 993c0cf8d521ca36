namespace MekongTwin.Engines.PowerFlow.Import.Pandapower;

/// <summary>Angles to start from where the file has none: the slack's, turned by the phase shifts on the way. Without them a vector
/// group of 150 degrees would start the iteration on the wrong side of the circle.</summary>
internal static class StartAngles
{
    public static void Place(Buses buses, Branches branches)
    {
        var touching = new List<int>[buses.Count];
        for (var i = 0; i < touching.Length; i++) touching[i] = [];
        for (var k = 0; k < branches.Count; k++)
        {
            if (!branches.InService[k]) continue;
            touching[branches.From[k]].Add(k);
            touching[branches.To[k]].Add(k);
        }
        var seen = Array.ConvertAll(buses.Type, static type => type == BusType.Slack);
        var queue = new Queue<int>(Enumerable.Range(0, buses.Count).Where(i => seen[i]));
        while (queue.TryDequeue(out var bus))
        {
            foreach (var k in touching[bus])
            {
                var forward = branches.From[k] == bus;
                var next = forward ? branches.To[k] : branches.From[k];
                if (seen[next]) continue;
                seen[next] = true;
                buses.StartVa[next] = buses.StartVa[bus] + (forward ? -branches.ShiftRad[k] : branches.ShiftRad[k]);
                queue.Enqueue(next);
            }
        }
    }
}
