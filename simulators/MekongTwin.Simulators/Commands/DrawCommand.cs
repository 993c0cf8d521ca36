using System.CommandLine;
using MekongTwin.Simulators.Drawing;

namespace MekongTwin.Simulators.Commands;

/// <summary><c>draw</c>: makes the grid and the roads of a fictional city from its plan.</summary>
internal static class DrawCommand
{
    public static Command Make()
    {
        var city = new Option<string>("--city") { Description = "City folder with plan.json and districts.geojson", DefaultValueFactory = _ => CommonOptions.DefaultCity };
        var output = new Option<string?>("--out") { Description = "Folder to write to; without it, the city's" };
        var command = new Command("draw", "Draws grid.json, grid/ and traffic.json of a city from its plan.json") { city, output };
        command.SetAction(result =>
        {
            try
            {
                CityDrawing.Write(result.GetValue(city)!, result.GetValue(output) ?? result.GetValue(city)!);
                return 0;
            }
            catch (Exception exception) when (exception is InvalidDataException or FileNotFoundException or DirectoryNotFoundException)
            {
                Console.Error.WriteLine(exception.Message);
                return 2;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine(exception.Message);
                return 1;
            }
        });
        return command;
    }
}
