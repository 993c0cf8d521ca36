using MekongTwin.Api;
using MekongTwin.Domain.Access;
using Orleans.Dashboard;

namespace MekongTwin.Silo.Running;

/// <summary>Orleans' own dashboard: silos, grains, calls between them. Only where it is asked for, and only for administrators.</summary>
internal static class SiloDashboard
{
    public const string Path = "/orleans";

    public static void AddTo(ISiloBuilder silo) => silo.AddDashboard(static dashboard =>
    {
        // Its live log keeps a connection for an hour, whatever becomes of the user meanwhile.
        dashboard.HideTrace = true;
    });

    public static void MapTo(WebApplication app) => app.MapOrleansDashboard(Path).Require(Role.Admin).ExcludeFromDescription();
}
