using System.CommandLine;
using MekongTwin.History.Journal;
using MekongTwin.Host.Backups;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Commands;

/// <summary>
/// <c>backup | restore --data DIR FILE</c>: the journal and the users as one compressed tar with a manifest. The projection is
/// left out: it is folded again from the journal.
/// </summary>
internal static class BackupCommand
{
    public static Command MakeBackup()
    {
        var (file, data) = (new Argument<string>("file"), Data());
        var command = new Command("backup", "Writes the journal and the users into one file (.tar.gz); the server must be stopped") { file, data };
        command.SetAction(async (result, ct) =>
        {
            using var directory = DataDirectory.Open(result.GetValue(data)!, mustExist: true);
            Say(result.GetValue(file)!, await BackupWriter.WriteAsync(directory, result.GetValue(file)!, ct));
            return 0;
        });
        return command;
    }

    public static Command MakeRestore()
    {
        var (file, data) = (new Argument<string>("file"), Data());
        var command = new Command("restore", "Brings a backup into an empty data directory, after checking all of it") { file, data };
        command.SetAction(async (result, ct) =>
        {
            Say(result.GetValue(data)!, await BackupReader.RestoreAsync(result.GetValue(file)!, result.GetValue(data)!, ct));
            return 0;
        });
        return command;
    }

    private static void Say(string what, JournalCheck check) => Console.WriteLine($"{what}: {check.Segments} segments, {check.Blocks} blocks, {check.Bytes} bytes");

    private static Option<string> Data() => new("--data") { Description = "Data directory", DefaultValueFactory = _ => "data" };
}
