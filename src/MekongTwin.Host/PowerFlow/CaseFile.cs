using MekongTwin.Engines.PowerFlow.Import;
using MekongTwin.Engines.PowerFlow.Import.Matpower;
using MekongTwin.Engines.PowerFlow.Import.Pandapower;
using MekongTwin.Host.Cities;

namespace MekongTwin.Host.PowerFlow;

/// <summary>Reads a grid from a file; the name's ending says which kind.</summary>
internal static class CaseFile
{
    /// <summary>The largest public case, 82,000 buses, takes 30 MB.</summary>
    private const int BytesMax = 64 << 20;

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
            return read(Path.GetFileName(path), Text(path));
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

    /// <summary>What is in a file; one without end, such as a device, is given up.</summary>
    private static string Text(string path)
    {
        using var file = File.OpenRead(path);
        using var bytes = new MemoryStream();
        var part = new byte[1 << 16];
        while (file.Read(part) is > 0 and var count)
        {
            bytes.Write(part, 0, count);
            if (bytes.Length > BytesMax) throw new InputException($"{path}: larger than {BytesMax >> 20} MB.");
        }
        bytes.Position = 0;
        return new StreamReader(bytes).ReadToEnd();
    }
}
