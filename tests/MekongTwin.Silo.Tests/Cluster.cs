using MekongTwin.Silo.Twins;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace MekongTwin.Silo.Tests;

/// <summary>Two silos in this process, for all tests of the contract. Each test has a region of its own on them.</summary>
public sealed class Cluster : IAsyncLifetime
{
    /// <summary>What every silo of the process serves: tests add their regions here.</summary>
    internal static Regions Regions { get; } = new();

    public TestCluster Silos { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = new TestClusterBuilder(2);
        builder.AddSiloBuilderConfigurator<Services>();
        Silos = builder.Build();
        await Silos.DeployAsync();
    }

    public async ValueTask DisposeAsync() => await Silos.DisposeAsync();

    private sealed class Services : ISiloConfigurator
    {
        public void Configure(ISiloBuilder silo) => silo.Services.AddSingleton(Regions);
    }
}
