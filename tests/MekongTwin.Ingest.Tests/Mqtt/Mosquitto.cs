using System.Diagnostics;
using System.Globalization;
using System.Net;
using MekongTwin.Ingest.Mqtt;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>Against mosquitto's command line clients, over sockets; skipped where they are not installed.</summary>
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
        Programs.SkipWithout("mosquitto_pub");
        FakeJournal journal = new() { CommitsAtOnce = true };
        await using WebApplication listener = await ListenAsync(journal, new FakeOutputs());
        string[] lines = [.. Enumerable.Range(1, 500).Select(number => $"{number}")];
        using Process publisher = Programs.Start(
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
        Programs.SkipWithout("mosquitto_sub");
        FakeOutputs outputs = new();
        await using WebApplication listener = await ListenAsync(new FakeJournal(), outputs);
        using Process subscriber = Programs.Start(
            "mosquitto_sub", "-h", "127.0.0.1", "-p", PortOf(listener), "-V", protocol, "-q", "1", "-t", "mt/v1/live/#", "-C", "2", "-v");
        await outputs.WatchedAsync();
        outputs.Send("mt/v1/live/a", "1");
        outputs.Send("mt/v1/live/b", "2");
        string output = await subscriber.StandardOutput.ReadToEndAsync().WaitAsync(Wait.Limit);
        Assert.Equal("mt/v1/live/a 1\nmt/v1/live/b 2\n", output);
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
}
