using MekongTwin.Domain.Access;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Tests.Running;

/// <summary>Users made and revoked as the command line does it, while others look at the file.</summary>
internal static class UsersInFile
{
    extension(Users)
    {
        public static (string Password, string Token) Add(string file, string name, Role role, string? password)
        {
            var (entry, made, token) = UserEntry.Make(name, role, password);
            new UserFile(file).AddAsync(entry, CancellationToken.None).GetAwaiter().GetResult();
            return (made, token);
        }

        public static bool Revoke(string file, string name) => new UserFile(file).RevokeAsync(name, CancellationToken.None).GetAwaiter().GetResult();
    }
}
