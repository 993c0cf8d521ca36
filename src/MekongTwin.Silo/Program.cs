using System.CommandLine;
using MekongTwin.Host.Cities;
using MekongTwin.Silo.Commands;
using Npgsql;

try
{
    var root = new RootCommand("MekongTwin, cluster edition: one silo of a region's digital twin.")
    {
        ServeCommand.Make(),
        UsersCommand.Make(),
    };
    // Without a command the program serves.
    string[] words = args.Length == 0 || (args[0].StartsWith('-') && args[0] is not ("--help" or "-h" or "-?" or "--version")) ? ["serve", .. args] : args;
    var parsed = root.Parse(words);
    foreach (var error in parsed.Errors) Console.Error.WriteLine(error.Message);
    if (parsed.Errors.Count > 0) return 2;
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (InputException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or NpgsqlException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
