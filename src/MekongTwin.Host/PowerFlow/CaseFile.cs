using MekongTwin.Engines.PowerFlow.Import;
using MekongTwin.Engines.PowerFlow.Import.Matpower;
using MekongTwin.Engines.PowerFlow.Import.Pandapower;
using MekongTwin.Host.Cities;

namespace MekongTwin.Host.PowerFlow;

/// <summary>Reads a grid from a file; the name's ending says which kind.</summary>
internal static class CaseFile
{
    /// <summary>The largest public case, 82,000 buses, takes 30 MB.</summary>
    private const long BytesMax = 512L << 20;

    /// <exception cref="InputException">It cannot be read, or what is in it is wrong.</exception>
    public static ImportedCase Read(string path)
    {
        var read = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".m" => MatpowerCase.Read,
            ".json" => (Func<string, string, ImportedCase>)PandapowerCase.Read,
            _ => throw new InputException($"{path}: the name must end in .m (MATPOWER) or .json (pandapower)."),
        };
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > BytesMax }) throw new InputException($"{path}: larger than {BytesMax >> 20} MB.");
            return read(Path.GetFileName(path), File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: {e.Message}");
        }
        catch (ImportException e)
        {
            throw new InputException(e.Message);
        }
    }
}
