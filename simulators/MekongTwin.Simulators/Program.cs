using System.CommandLine;
using MekongTwin.Simulators.Commands;

var root = new RootCommand("Simulated devices of a MekongTwin city. They speak MQTT and nothing else.")
{
    CityCommand.Make(),
    LoadCommand.Make(),
    DrawCommand.Make(),
};
var command = root.Parse(args);
var exitCode = await command.InvokeAsync();
return command.Errors.Count > 0 ? 2 : exitCode;
