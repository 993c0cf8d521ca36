using System.CommandLine;
using MekongTwin.Domain.Access;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Commands;

/// <summary>Opens the list that the command line means, works with it, and lets it go.</summary>
internal delegate Task<int> UserListWork(ParseResult result, Func<IUserList, Task<int>> work, CancellationToken ct);

/// <summary><c>users add|revoke|list</c>: who may open the doors. A running server sees the change within a second.</summary>
internal static class UsersCommand
{
    public static Command Make()
    {
        var data = new Option<string>("--data") { Description = "Data directory", DefaultValueFactory = _ => "data" };
        return Make(data, (result, work, _) => work(new UserFile(DataDirectory.UsersFile(result.GetValue(data)!))));
    }

    /// <summary>The same commands for a list that is kept elsewhere.</summary>
    /// <param name="where">Says where the list is.</param>
    /// <param name="onListAsync">Opens it.</param>
    public static Command Make(Option where, UserListWork onListAsync)
    {
        var name = new Argument<string>("name");
        return new("users", "Who may open the doors, HTTP and MQTT alike") { MakeAdd(name, where, onListAsync), MakeRevoke(name, where, onListAsync), MakeList(where, onListAsync) };
    }

    private static Command MakeAdd(Argument<string> name, Option where, UserListWork onListAsync)
    {
        var role = new Option<Role>("--role") { Description = "device, viewer, operator, planner, engineer, officer or admin", Required = true };
        // A number would be taken for a role too, and one beyond the last for more than an administrator.
        role.Validators.Add(result =>
        {
            if (result.Tokens.Any(static token => !Enum.GetNames<Role>().Contains(token.Value, StringComparer.OrdinalIgnoreCase))) result.AddError($"--role {result.Tokens[0].Value}: none of {role.Description}.");
        });
        var password = new Option<string?>("--password") { Description = "Password; one is made when left out" };
        var add = new Command("add", "Adds a user or gives one a new password and token") { name, role, password, where };
        add.SetAction((result, ct) =>
        {
            var made = UserEntry.Make(result.GetValue(name)!, result.GetValue(role), result.GetValue(password));
            return onListAsync(result, async list =>
            {
                await list.AddAsync(made.Entry, ct);
                var output = result.InvocationConfiguration.Output;
                output.WriteLine($"user      {made.Entry.Name} ({made.Entry.Role.ToString().ToLowerInvariant()})");
                output.WriteLine($"password  {made.Password}");
                output.WriteLine($"token     {made.Token}");
                output.WriteLine("Keep them: only their hashes are stored.");
                return 0;
            }, ct);
        });
        return add;
    }

    private static Command MakeRevoke(Argument<string> name, Option where, UserListWork onListAsync)
    {
        var revoke = new Command("revoke", "Removes a user") { name, where };
        revoke.SetAction((result, ct) => onListAsync(result, async list =>
        {
            if (await list.RevokeAsync(result.GetValue(name)!, ct)) return 0;
            result.InvocationConfiguration.Error.WriteLine($"No user '{result.GetValue(name)}'; 'users list' shows them.");
            return 2;
        }, ct));
        return revoke;
    }

    private static Command MakeList(Option where, UserListWork onListAsync)
    {
        var list = new Command("list", "Lists the users") { where };
        list.SetAction((result, ct) => onListAsync(result, list =>
        {
            foreach (var user in list.Look().Entries) result.InvocationConfiguration.Output.WriteLine($"{user.Name,-24} {user.Role.ToString().ToLowerInvariant()}");
            return Task.FromResult(0);
        }, ct));
        return list;
    }
}
