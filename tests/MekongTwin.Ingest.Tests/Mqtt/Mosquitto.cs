using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MekongTwin.Ingest.Mqtt;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>Against mosquitto's broker and its command line clients, over sockets; skipped where they are not installed.</summary>
public sealed class Mosquitto
{
    [Theory]
    [InlineData("mqttv311", 0)]
    [InlineData("mqttv311", 1)]
    [InlineData("mqttv311", 2)]
    [InlineData("mqttv5", 0)]
    [InlineData("mqttv5", 1)]
    [InlineData("mqttv5", 2)]
    public async Task ItsPublisherIsHeard(string protocol, int qos)
    {
        SkipWithout("mosquitto_pub");
        FakeJournal journal = new() { CommitsAtOnce = true };
        await using WebApplication listener = await ListenAsync(journal, new FakeOutputs());
        string[] lines = [.. Enumerable.Range(1, 500).Select(number => $"{number}")];
        using Process publisher = Start(
            "mosquitto_pub", "-h", "127.0.0.1", "-p", PortOf(listener), "-V", protocol, "-q", $"{qos}", "-t", "mt/v1/da-nang/a/P", "-l");
        await publisher.StandardInput.WriteAsync(string.Join('\n', lines) + "\n");
        publisher.StandardInput.Close();
        await publisher.WaitForExitAsync().WaitAsync(Wait.Limit);
        Assert.Equal(0, publisher.ExitCode);
        await Wait.UntilAsync(() => journal.Submitted.Length == lines.Length, "all messages");
        Assert.Equal(lines.Select(line => "mt/v1/da-nang/a/P=" + line), journal.Submitted);
    }

    [Theory]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task ItsSubscriberIsServed(string protocol)
    {
        SkipWithout("mosquitto_sub");
        FakeOutputs outputs = new();
        await using WebApplication listener = await ListenAsync(new FakeJournal(), outputs);
        using Process subscriber = Start(
            "mosquitto_sub", "-h", "127.0.0.1", "-p", PortOf(listener), "-V", protocol, "-q", "1", "-t", "mt/v1/live/#", "-C", "2", "-v");
        await outputs.WatchedAsync();
        outputs.Send("mt/v1/live/a", "1");
        outputs.Send("mt/v1/live/b", "2");
        string output = await subscriber.StandardOutput.ReadToEndAsync().WaitAsync(Wait.Limit);
        Assert.Equal("mt/v1/live/a 1\nmt/v1/live/b 2\n", output);
    }

    [Fact]
    public async Task ItsBrokersStreamsAreTaken()
    {
        SkipWithout("mosquitto");
        SkipWithout("mosquitto_pub");
        string port = FreePort();
        string configuration = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            configuration, $"listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\nmax_queued_messages 0\nsys_interval 1\n");
        using Process broker = Start("mosquitto", "-c", configuration);
        FakeJournal journal = new() { CommitsAtOnce = true };
        Assert.True(BrokerOptions.TryParse($"mqtt://127.0.0.1:{port}/mt/v1/#", null, out BrokerOptions? options, out string error), error);
        BrokerSubscriber subscriber = new(options with { MinBackoff = TimeSpan.FromMilliseconds(50) }, journal, TimeProvider.System);
        using CancellationTokenSource stopping = new();
        Task running = subscriber.RunAsync(stopping.Token);
        try
        {
            await Wait.UntilAsync(() => subscriber.Status.Connected, "the connection");
            await Wait.UntilAsync(() => subscriber.Status.BrokerDropped is not null, "the broker's own count, sent after SUBACK");
            for (int qos = 1; qos <= 2; qos++)
            {
                string[] lines = [.. Enumerable.Range(1, 500).Select(number => $"{qos}.{number}")];
                using Process publisher = Start("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-q", $"{qos}", "-t", "mt/v1/a", "-l");
                await publisher.StandardInput.WriteAsync(string.Join('\n', lines) + "\n");
                publisher.StandardInput.Close();
                await publisher.WaitForExitAsync().WaitAsync(Wait.Limit);
                int expected = qos * lines.Length;
                await Wait.UntilAsync(() => journal.Submitted.Length == expected, "all messages");
                Assert.Equal(lines.Select(line => "mt/v1/a=" + line), journal.Submitted[^lines.Length..]);
            }

            await Wait.UntilAsync(() => subscriber.Status.InFlight == 0, "all acknowledgements");
        }
        finally
        {
            await stopping.CancelAsync();
            await running.WaitAsync(Wait.Limit);
            broker.Kill();
            await broker.WaitForExitAsync();
            File.Delete(configuration);
        }

        Assert.Equal(0, subscriber.Status.Reconnects);
    }

    private static async Task<WebApplication> ListenAsync(FakeJournal journal, FakeOutputs outputs)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(_ => new MqttServer(new MqttOptions(), new FakeAccess(), journal, outputs, TimeProvider.System));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listen => listen.UseConnectionHandler<MqttConnectionHandler>()));
        WebApplication application = builder.Build();
        await application.StartAsync();
        return application;
    }

    private static string PortOf(WebApplication application)
    {
        string address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new Uri(address).Port.ToString(CultureInfo.InvariantCulture);
    }

    private static string FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }

    private static void SkipWithout(string program) =>
        Assert.SkipUnless(PathOf(program) is not null, $"{program} is not installed.");

    private static string? PathOf(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin")
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static Process Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(PathOf(program)!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }
}
