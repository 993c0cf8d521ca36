using System.CommandLine;
using MekongTwin.Host.Cities;

namespace MekongTwin.Host.Commands;

/// <summary>Runs a program's command line: without a command it serves; exit code 1 when the work failed, 2 for bad arguments or input.</summary>
internal static class Invocation
{
    /// <param name="makeRoot">Makes the commands.</param>
    /// <param name="args">What the program was given.</param>
    /// <param name="isFailure">Failures of the work, to be said in one line.</param>
    public static async Task<int> RunAsync(Func<RootCommand> makeRoot, string[] args, Func<Exception, bool> isFailure)
    {
        try
        {
            string[] words = args.Length == 0 || (args[0].StartsWith('-') && args[0] is not ("--help" or "-h" or "-?" or "--version")) ? ["serve", .. args] : args;
            var parsed = makeRoot().Parse(words);
            foreach (var error in parsed.Errors) Console.Error.WriteLine(error.Message);
            if (parsed.Errors.Count > 0) return 2;
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (InputException e)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
        catch (Exception e) when (isFailure(e))
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }
}
