namespace MekongTwin.Scenarios.Studies;

/// <summary>
/// What one future did to every bus and branch of the city: counts and extremes only, so that it does not matter in which order
/// its steps were taken.
/// </summary>
internal sealed class ElementTally(int buses, int branches, bool ageing)
{
    /// <summary>Steps a branch spent above its second band, which is a violation.</summary>
    public int[] StepsOver { get; } = new int[branches];

    /// <summary>Highest loading of each branch, share of its rating.</summary>
    public float[] HighestLoading { get; } = new float[branches];

    /// <summary>Steps a bus spent below and above the voltage band.</summary>
    public int[] StepsLow { get; } = new int[buses];

    public int[] StepsHigh { get; } = new int[buses];

    public float[] LowestVm { get; } = Filled(buses, float.PositiveInfinity);

    public float[] HighestVm { get; } = new float[buses];

    /// <summary>First day of the study on which a branch was above its second band, or a bus outside its voltage; −1 for never.</summary>
    public int[] FirstDayOfBranch { get; } = Filled(branches, -1);

    public int[] FirstDayOfBus { get; } = Filled(buses, -1);

    /// <summary>Life that each transformer has lost, by its branch, millionths of an hour: whole numbers add up the same in any order. Empty when ageing is not asked for.</summary>
    public long[] LostMicroHours { get; } = new long[ageing ? branches : 0];

    /// <summary>Highest temperature of each one's windings, °C.</summary>
    public float[] HottestC { get; } = Filled(ageing ? branches : 0, float.NegativeInfinity);

    /// <summary>Hours of normal life that a transformer has lost.</summary>
    public double LostHours(int branch) => LostMicroHours[branch] / 1e6;

    public void Add(ElementTally other)
    {
        for (var t = 0; t < LostMicroHours.Length; t++)
        {
            LostMicroHours[t] += other.LostMicroHours[t];
            HottestC[t] = Math.Max(HottestC[t], other.HottestC[t]);
        }
        for (var i = 0; i < StepsLow.Length; i++)
        {
            StepsLow[i] += other.StepsLow[i];
            StepsHigh[i] += other.StepsHigh[i];
            LowestVm[i] = Math.Min(LowestVm[i], other.LowestVm[i]);
            HighestVm[i] = Math.Max(HighestVm[i], other.HighestVm[i]);
            FirstDayOfBus[i] = Earlier(FirstDayOfBus[i], other.FirstDayOfBus[i]);
        }
        for (var i = 0; i < StepsOver.Length; i++)
        {
            StepsOver[i] += other.StepsOver[i];
            HighestLoading[i] = Math.Max(HighestLoading[i], other.HighestLoading[i]);
            FirstDayOfBranch[i] = Earlier(FirstDayOfBranch[i], other.FirstDayOfBranch[i]);
        }
    }

    private static int Earlier(int a, int b) => a < 0 ? b : b < 0 ? a : Math.Min(a, b);

    private static T[] Filled<T>(int count, T value)
    {
        var array = new T[count];
        Array.Fill(array, value);
        return array;
    }
}
