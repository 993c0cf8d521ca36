using MekongTwin.Engines.Demand;
using MekongTwin.Scenarios.Levers;

namespace MekongTwin.Scenarios.Studies;

/// <summary>A battery behind a branch of a feeder: it follows all that is fed through the branch, and stands where it ends.</summary>
/// <param name="Battery">Of what size.</param>
/// <param name="Storage">When it works.</param>
/// <param name="Bus">Where, in the feeder.</param>
/// <param name="Fed">Buses of the feeder that the branch feeds.</param>
internal sealed record PlacedBattery(Battery Battery, BatteryStorage Storage, int Bus, int[] Fed)
{
    /// <summary>Null where the branch is not of this feeder.</summary>
    public static PlacedBattery? In(FeederGrid feeder, BatteryStorage storage, int branch)
    {
        // Bus i is fed through branch i − 1, and stands after the bus that feeds it.
        var bus = Array.IndexOf(feeder.Branches, branch) + 1;
        if (bus == 0) return null;
        List<int> fed = [bus];
        for (var i = bus + 1; i < feeder.Buses.Length; i++)
        {
            var (from, to) = (feeder.Network.Branches.From[i - 1], feeder.Network.Branches.To[i - 1]);
            if (fed.Contains(from == i ? to : from)) fed.Add(i);
        }
        return new(new(storage.Kwh, storage.Kwh > 0 ? storage.Kw / storage.Kwh : 0, storage.RoundTrip), storage, bus, [.. fed]);
    }

    /// <summary>kW at each step of a day, charging positive.</summary>
    public double[] Course(ReadOnlySpan<double> loadKw) => Storage.Schedule == BatterySchedule.PeakShaving
        ? Battery.Cycle(loadKw)
        : Battery.Evenly((StepOf(Storage.ChargeFromHour), StepOf(Storage.ChargeToHour)), (StepOf(Storage.FromHour), StepOf(Storage.ToHour)));

    private static int StepOf(double hour) => (int)(hour / Quarters.Hours);
}
