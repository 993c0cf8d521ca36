using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api.Routes;

internal static class LedgerRoutes
{
    public static void MapLedger(this IEndpointRouteBuilder routes, ITwinServices services) =>
        routes.MapGet("/ledger", services.ReadLedgerAsync).WithSummary("received = stored + duplicate + rejected + quarantined + pending, per source, in readings");
}
