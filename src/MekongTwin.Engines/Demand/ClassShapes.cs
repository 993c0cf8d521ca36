using MekongTwin.Domain.Assets;

namespace MekongTwin.Engines.Demand;

/// <summary>How the classes' loads go over kinds of days without cooling, and how much heat raises them.</summary>
public sealed class ClassShapes
{
    public const int Kinds = 4;

    private readonly double[] values;

    /// <param name="values">Classes × kinds of days × 96 steps; a class's working day is 1 on average.</param>
    /// <param name="coolingPerC">Rise of each class for each °C, a share of its load without cooling.</param>
    internal ClassShapes(double[] values, double[] coolingPerC) => (this.values, CoolingPerC) = (values, coolingPerC);

    /// <summary>What is assumed where nothing is measured.</summary>
    public static ClassShapes Assumed { get; } = Assume();

    public double[] CoolingPerC { get; }

    /// <summary>Load of a class against its mean working day without cooling.</summary>
    public double At(CustomerClass customers, DayKind kind, int quarter) => values[Index((int)customers, (int)kind, quarter)];

    internal static int Index(int customers, int kind, int quarter) => (((customers * Kinds) + kind) * Quarters.ADay) + quarter;

    private static ClassShapes Assume()
    {
        var values = new double[CustomerProfile.Count * Kinds * Quarters.ADay];
        for (var c = 0; c < CustomerProfile.Count; c++)
        {
            var profile = CustomerProfile.Of((CustomerClass)c);
            var mean = Enumerable.Range(0, Quarters.ADay).Average(quarter => profile.At(quarter * Quarters.Hours));
            for (var kind = 0; kind < Kinds; kind++)
            {
                for (var quarter = 0; quarter < Quarters.ADay; quarter++) values[Index(c, kind, quarter)] = profile.At(quarter * Quarters.Hours) / mean * profile.On((DayKind)kind);
            }
        }
        return new(values, [.. Enumerable.Range(0, CustomerProfile.Count).Select(static c => CustomerProfile.Of((CustomerClass)c).CoolingPerC)]);
    }
}
