namespace MekongTwin.Simulators.Commands;

/// <summary>
/// Ends the program with its parent: the parent holds the other end of standard input, and the system closes it however the
/// parent ends. A thread of its own, because reading a pipe blocks.
/// </summary>
internal static class ParentWatch
{
    public static void Start(CancellationTokenSource stop) =>
        new Thread(() => WaitForEnd(stop)) { IsBackground = true, Name = "parent watch" }.Start();

    private static void WaitForEnd(CancellationTokenSource stop)
    {
        try
        {
            using var input = Console.OpenStandardInput();
            Span<byte> ignored = stackalloc byte[256];
            while (input.Read(ignored) > 0)
            {
                // What the parent writes has no meaning; only the end has.
            }
        }
        catch (IOException)
        {
            // A broken pipe is an end, too.
        }
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work ended first.
        }
    }
}
