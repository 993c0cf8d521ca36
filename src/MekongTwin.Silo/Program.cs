using System.CommandLine;
using MekongTwin.Host.Commands;
using Npgsql;

return await Invocation.RunAsync(() => new RootCommand("MekongTwin, cluster edition: one silo of a region's digital twin.")
{
    MekongTwin.Silo.Commands.ServeCommand.Make(),
    MekongTwin.Silo.Commands.VerifyCommand.Make(),
    MekongTwin.Silo.Commands.UsersCommand.Make(),
    MekongTwin.Silo.Commands.SilosCommand.Make(),
}, args, static e => e is IOException or UnauthorizedAccessException or NpgsqlException);
