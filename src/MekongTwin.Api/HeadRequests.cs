using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace MekongTwin.Api;

/// <summary>HEAD is answered wherever GET is: routed as GET, and sent without the body, which the server leaves out itself.</summary>
internal static class HeadRequests
{
    private const string Item = "head";

    public static void UseRoutingWithHead(this WebApplication app)
    {
        app.Use(static (context, next) =>
        {
            if (!HttpMethods.IsHead(context.Request.Method)) return next();
            context.Items[Item] = true;
            context.Request.Method = HttpMethods.Get;
            return next();
        });
        app.UseRouting();
        app.Use(static (context, next) =>
        {
            if (context.Items.Remove(Item)) context.Request.Method = HttpMethods.Head;
            return next();
        });
    }
}
