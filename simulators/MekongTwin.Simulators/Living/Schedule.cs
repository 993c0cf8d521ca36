namespace MekongTwin.Simulators.Living;

/// <summary>Which devices report at a second, found without looking at the others.</summary>
internal sealed class Schedule
{
    private readonly Dictionary<int, Device[][]> _byPeriod;

    public Schedule(IReadOnlyList<Device> devices)
    {
        Devices = devices;
        _byPeriod = devices.GroupBy(device => device.PeriodSeconds).ToDictionary(group => group.Key, Slots);
    }

    public IReadOnlyList<Device> Devices { get; }

    /// <summary>Messages in a second of simulated time, on average.</summary>
    public double MessagesPerSecond => Devices.Sum(device => device.Messages / (double)device.PeriodSeconds);

    public IEnumerable<Device> Due(long second) =>
        _byPeriod.SelectMany(pair => pair.Value[(int)(second % pair.Key)]);

    private static Device[][] Slots(IGrouping<int, Device> group)
    {
        var slots = group.ToLookup(device => device.OffsetSeconds);
        return [.. Enumerable.Range(0, group.Key).Select(offset => slots[offset].ToArray())];
    }
}
