using System.CommandLine;
using MekongTwin.Host.Commands;
using MekongTwin.History.Journal;
using Microsoft.Data.Sqlite;

return await Invocation.RunAsync(() => new RootCommand("MekongTwin: a live digital twin of a city's electricity, traffic and growth.")
{
    ServeCommand.Make(),
    VerifyCommand.Make(),
    CheckCommand.Make(),
    StatusCommand.Make(),
    BackupCommand.MakeBackup(),
    BackupCommand.MakeRestore(),
    UsersCommand.Make(),
    PowerFlowCommand.Make(),
    ScenarioCommand.Make(),
}, args, static e => e is JournalException or IOException or UnauthorizedAccessException or SqliteException);
