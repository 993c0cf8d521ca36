using Microsoft.Extensions.FileProviders;

namespace MekongTwin.Host.Running;

/// <summary>The web console's files; where they were not built, a page that says what is missing.</summary>
internal static class ConsolePage
{
    private const string Missing = """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>MekongTwin</title>
        <body>
        <h1>MekongTwin is running</h1>
        <p>The web console was not built: it needs Node 20.19+ or 22.12+ and its packages from the npm registry.
        Install Node, then start the program again. Everything else works:</p>
        <ul><li><a href="/api/v1/cities">/api/v1/cities</a></li><li><a href="/api/v1/ledger">/api/v1/ledger</a></li>
        <li><a href="/openapi/v1.json">/openapi/v1.json</a></li><li><a href="/health/ready">/health/ready</a></li></ul></body></html>
        """;

    public static string Directory => Path.Combine(AppContext.BaseDirectory, "console");

    public static void Use(WebApplication app)
    {
        if (!File.Exists(Path.Combine(Directory, "index.html")))
        {
            app.MapGet("/", () => Results.Content(Missing, "text/html; charset=utf-8")).ExcludeFromDescription();
            return;
        }
        var files = new PhysicalFileProvider(Directory);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            // Files with a hash in their name never change; the page itself is always asked for.
            OnPrepareResponse = context => context.Context.Response.Headers.CacheControl = context.File.Name.EndsWith(".html", StringComparison.Ordinal) ? "no-cache" : "public, max-age=31536000, immutable",
        });
    }
}
