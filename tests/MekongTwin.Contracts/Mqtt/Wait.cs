namespace MekongTwin.Contracts.Mqtt;

/// <summary>The only real time in these tests: how long something that must happen may take before the test fails.</summary>
public static class Wait
{
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(20);

    /// <summary>Yields until the condition holds.</summary>
    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(condition, () => what);

    /// <summary>The same, with words that show the state at the end.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Limit, $"Waited too long: {what()}");
            await Task.Yield();
        }
    }
}
