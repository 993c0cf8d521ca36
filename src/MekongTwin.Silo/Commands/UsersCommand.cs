using System.CommandLine;
using MekongTwin.Silo.Storage;
using Shared = MekongTwin.Host.Commands.UsersCommand;

namespace MekongTwin.Silo.Commands;

/// <summary><c>users add|revoke|list</c> for the whole cluster. Every silo sees the change within a second or two.</summary>
internal static class UsersCommand
{
    public static Command Make()
    {
        var option = DatabaseOption.Make();
        return Shared.Make(option, async (result, work, ct) =>
        {
            await using var database = await DatabaseOption.OpenAsync(result.GetValue(option), ct);
            return await work(await UserTable.OpenAsync(database, ct));
        });
    }
}
