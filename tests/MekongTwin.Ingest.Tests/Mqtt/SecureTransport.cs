using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MekongTwin.Ingest.Mqtt;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>One twin takes another's outputs over TLS: the subscriber and the listener meet on real sockets.</summary>
public sealed class SecureTransport
{
    [Fact]
    public async Task ASubscriberTakesStreamsFromAListenerOverTls()
    {
        using X509Certificate2 certificate = SelfSigned();
        string authority = Path.GetTempFileName();
        await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem());
        FakeOutputs outputs = new();
        FakeJournal journal = new() { CommitsAtOnce = true };
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(_ => new MqttServer(new MqttOptions(), new FakeAccess(), new FakeJournal(), outputs, TimeProvider.System));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.UseHttps(certificate);
            listen.UseConnectionHandler<MqttConnectionHandler>();
        }));
        await using WebApplication listener = builder.Build();
        await listener.StartAsync();
        int port = new Uri(listener.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        BrokerOptions options = new()
        {
            Host = "localhost", Port = port, UseTls = true, Filter = "mt/v1/live/#", CertificateAuthorityFile = authority,
        };
        BrokerSubscriber subscriber = new(options, journal, TimeProvider.System);
        using CancellationTokenSource stopping = new();
        Task running = subscriber.RunAsync(stopping.Token);
        await outputs.WatchedAsync();
        for (int index = 0; index < 200; index++)
        {
            outputs.Send($"mt/v1/live/{index}", new string('x', 500));
        }

        await Wait.UntilAsync(() => journal.Submitted.Length == 200, "all messages");
        await stopping.CancelAsync();
        await running.WaitAsync(Wait.Limit);
        File.Delete(authority);
        Assert.Equal(0, subscriber.Status.Reconnects);
    }

    private static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
