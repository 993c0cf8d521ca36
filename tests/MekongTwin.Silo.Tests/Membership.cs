using System.Net;
using System.Net.Sockets;
using MekongTwin.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace MekongTwin.Silo.Tests;

/// <summary>Silos find each other through the database, by our own text of the provider's queries.</summary>
public sealed class Membership(Postgres postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SilosThatShareADatabaseAreOneCluster()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        await Schema.ApplyAsync(database, Ct);
        using var one = await StartAsync(database.ConnectionString);
        using var two = await StartAsync(database.ConnectionString);
        var seen = await one.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        Assert.Equal(2, seen.Count);
        await two.StopAsync(Ct);
        seen = await one.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        Assert.Single(seen);
        await one.StopAsync(Ct);
    }

    private static async Task<IHost> StartAsync(string database)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("test", "test"));
            silo.ConfigureEndpoints(IPAddress.Loopback, FreePort(), FreePort());
            silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", database));
        });
        var host = builder.Build();
        await host.StartAsync(Ct);
        return host;
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
