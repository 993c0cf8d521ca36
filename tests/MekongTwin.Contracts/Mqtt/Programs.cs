using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MekongTwin.Contracts.Mqtt;

/// <summary>Programs of the machine that tests run against; skipped where they are not installed.</summary>
public static class Programs
{
    public static void SkipWithout(string program) =>
        Assert.SkipUnless(PathOf(program) is not null, $"{program} is not installed.");

    public static Process Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(PathOf(program)!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    /// <summary>A port of this machine that nobody listens on.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? PathOf(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin")
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
