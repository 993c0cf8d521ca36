using System.Net;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Grains;
using MekongTwin.Silo.Twins;
using Orleans.Configuration;

namespace MekongTwin.Silo.Running;

/// <summary>Orleans as a silo runs it.</summary>
internal static class SiloHosting
{
    /// <summary>A silo that does not answer twice is asked about; when others agree it is dead.</summary>
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(1);

    /// <summary>Longer than any call between grains needs, shorter than a person waits.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    public static void AddTo(WebApplicationBuilder builder, SiloOptions options, Regions regions)
    {
        builder.Services.AddSingleton(regions);
        // Every try of a call, every message that finds nobody and every step of a silo's going would be told at length; what comes to
        // nothing is said by whoever called, who comes and goes by the roster, why this one ends by SiloEnd.
        builder.Logging.AddFilter("Orleans", LogLevel.Critical).AddFilter("Orleans.Runtime.MembershipService", LogLevel.None).AddFilter("Polly", LogLevel.None);
        builder.Host.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.Cluster, "mekongtwin"));
            silo.Configure<Orleans.Configuration.SiloOptions>(own => own.SiloName = options.Name);
            silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = ("Npgsql", options.Database));
            // No door for Orleans' own clients: they would come in without a user.
            silo.ConfigureEndpoints(options.Advertise, options.SiloPort, gatewayPort: 0, listenOnAnyHostAddress: !IPAddress.IsLoopback(options.Advertise));
            silo.Configure<ClusterMembershipOptions>(membership =>
            {
                membership.ProbeTimeout = ProbeEvery;
                membership.NumMissedProbesLimit = 2;
                membership.TableRefreshTimeout = 5 * ProbeEvery;
                membership.IAmAliveTablePublishTimeout = 5 * ProbeEvery;
                // Silos that died long ago, and those of an earlier start of this one, are cleared away.
                membership.DefunctSiloExpiration = TimeSpan.FromHours(1);
            });
            silo.Configure<SiloMessagingOptions>(messaging =>
            {
                messaging.ResponseTimeout = AnswerWithin;
                messaging.SystemResponseTimeout = AnswerWithin;
            });
            silo.AddPlacementDirector<HomePlacement, HomeDirector>();
            silo.Services.AddSingleton<IFatalErrorHandler, SiloEnd>();
            // It costs every call two filters, listened to or not.
            if (Telemetry.IsExported || Telemetry.Activities.HasListeners()) silo.AddActivityPropagation();
            if (options.Dashboard) SiloDashboard.AddTo(silo);
        });
    }
}
