using System.CommandLine;
using MekongTwin.Domain.Access;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Commands;

/// <summary><c>users add|revoke|list</c>: who may open the doors. A running server sees the change within a second.</summary>
internal static class UsersCommand
{
    public static Command Make()
    {
        var data = new Option<string>("--data") { Description = "Data directory", DefaultValueFactory = _ => "data" };
        var name = new Argument<string>("name");
        var role = new Option<Role>("--role") { Description = "device, viewer, operator, planner, engineer, officer or admin", Required = true };
        // A number would be taken for a role too, and one beyond the last for more than an administrator.
        role.Validators.Add(result =>
        {
            if (result.Tokens.Any(static token => !Enum.GetNames<Role>().Contains(token.Value, StringComparer.OrdinalIgnoreCase))) result.AddError($"--role {result.Tokens[0].Value}: none of {role.Description}.");
        });
        var password = new Option<string?>("--password") { Description = "Password; one is made when left out" };
        var add = new Command("add", "Adds a user or gives one a new password and token") { name, role, password, data };
        add.SetAction(result =>
        {
            var made = Users.Add(DataDirectory.UsersFile(result.GetValue(data)!), result.GetValue(name)!, result.GetValue(role), result.GetValue(password));
            Console.WriteLine($"user      {result.GetValue(name)} ({result.GetValue(role).ToString().ToLowerInvariant()})");
            Console.WriteLine($"password  {made.Password}");
            Console.WriteLine($"token     {made.Token}");
            Console.WriteLine("Keep them: only their hashes are stored.");
            return 0;
        });
        var revoke = new Command("revoke", "Removes a user") { name, data };
        revoke.SetAction(result =>
        {
            if (Users.Revoke(DataDirectory.UsersFile(result.GetValue(data)!), result.GetValue(name)!)) return 0;
            Console.Error.WriteLine($"No user '{result.GetValue(name)}'; 'users list' shows them.");
            return 2;
        });
        var list = new Command("list", "Lists the users") { data };
        list.SetAction(result =>
        {
            foreach (var user in Users.Read(DataDirectory.UsersFile(result.GetValue(data)!))) Console.WriteLine($"{user.Name,-24} {user.Role.ToString().ToLowerInvariant()}");
            return 0;
        });
        return new Command("users", "Who may open the doors, HTTP and MQTT alike") { add, revoke, list };
    }
}
