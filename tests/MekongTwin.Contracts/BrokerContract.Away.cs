using MekongTwin.Contracts.Mqtt;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Contracts;

/// <summary>Brokers that are away or refuse, and transport security.</summary>
public abstract partial class BrokerContract
{
    [Fact]
    public async Task ItComesBackByItselfWhenTheBrokerDoes()
    {
        await using MosquittoBroker broker = new(Anybody);
        await using Subscribed twin = await Subscribe(Options(broker.Port)).ReadyAsync();
        await broker.KillAsync();
        await Wait.UntilAsync(() => !twin.Status.Connected, "the end of the connection");
        Assert.NotNull(twin.Status.LastError);
        broker.Start();
        await Wait.UntilAsync(() => twin.Status is { Connected: true, Reconnects: 1 }, "another connection");
        await broker.PublishAsync(Topic, 1, Numbers(10));
        await twin.AdmittedAsync(10);
    }

    [Fact]
    public async Task AWrongPasswordIsToldAndItGoesOnTrying()
    {
        string passwords = Path.GetTempFileName();
        await File.WriteAllTextAsync(passwords, MosquittoBroker.PasswordLine("twin", "right") + "\n");
        await using MosquittoBroker broker = new("allow_anonymous false", $"password_file {passwords}");
        await using Relay relay = new(broker.Port);
        BrokerOptions options = Options(relay.Port) with { UserName = "twin", Password = "right" };
        await using (Subscribed twin = Subscribe(options with { Password = "wrong" }))
        {
            await twin.UntilAsync(() => twin.Status.LastError == "The broker refuses the connection: NotAuthorized.", "the reason");
            int attempts = relay.Connections;
            await twin.UntilAsync(() => relay.Connections >= attempts + 2, "more attempts");
            Assert.False(twin.Status.Connected);
        }

        await using (await Subscribe(options).ReadyAsync())
        {
        }

        File.Delete(passwords);
    }

    [Fact]
    public async Task ItShowsItsCertificateAndReadsItForEveryHandshake()
    {
        string folder = Directory.CreateTempSubdirectory("certificates-").FullName;
        using Certificates city = new(folder, "city");
        using Certificates stranger = new(folder, "stranger");
        string server = city.Issue("broker");
        int port = Programs.FreePort();
        await using MosquittoBroker broker = new(
            Anybody, $"listener {port} 127.0.0.1", $"cafile {city.AuthorityFile}", $"certfile {server}", $"keyfile {server}", "require_certificate true");
        BrokerOptions options = Options(port) with { UseTls = true, CertificateAuthorityFile = city.AuthorityFile };
        await broker.ListensAsync();
        await using (Subscribed nobody = Subscribe(options))
        {
            await Wait.UntilAsync(() => nobody.Status.LastError is not null, "the refusal of one without a certificate");
            Assert.False(nobody.Status.Connected);
        }

        await using (Subscribed misled = Subscribe(options with { CertificateAuthorityFile = stranger.AuthorityFile, ClientCertificateFile = server }))
        {
            await misled.UntilAsync(() => misled.Status.LastError?.Contains("certificate", StringComparison.Ordinal) == true, "the refusal of a stranger's broker");
        }

        string own = stranger.Issue("twin");
        await using Subscribed twin = Subscribe(options with { ClientCertificateFile = own });
        await Wait.UntilAsync(() => twin.Status.LastError is not null, "the refusal of a stranger's certificate");
        Assert.False(twin.Status.Connected);
        Assert.Equal(own, city.Issue("twin"));
        await twin.ReadyAsync();
        await broker.PublishAsync(Topic, 1, Numbers(1000));
        await twin.AdmittedAsync(1000);
        Directory.Delete(folder, recursive: true);
    }
}
