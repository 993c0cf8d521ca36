using System.CommandLine;
using MekongTwin.Domain.Assets;
using MekongTwin.Host.Cities;

namespace MekongTwin.Host.Commands;

/// <summary><c>check CITY_DIR</c>: reads a city folder and says what is wrong with file, line and field.</summary>
internal static class CheckCommand
{
    public static Command Make()
    {
        var folder = new Argument<string[]>("city") { Description = "City folders", Arity = ArgumentArity.OneOrMore };
        var command = new Command("check", "Checks city folders; exit code 2 when something is wrong") { folder };
        command.SetAction(result =>
        {
            var warnings = new List<string>();
            var model = CityFolder.Read(result.GetValue(folder)!, warnings);
            foreach (var warning in warnings) Console.Error.WriteLine($"warning: {warning}");
            foreach (var city in model.Cities)
            {
                var kinds = model.Assets.Where(asset => model.CityOf(asset.Number) == city).CountBy(asset => asset.Kind).OrderBy(pair => pair.Key).Select(pair => Counted(pair.Value, pair.Key));
                Console.WriteLine($"{city.Id} ({city.Name}, {city.Zone}): {string.Join(", ", kinds)}; {model.Points.Count(point => model.CityOf(point.Asset) == city)} points");
            }
            return 0;
        });
        return command;
    }

    /// <summary>"12 traffic zones".</summary>
    private static string Counted(int count, AssetKind kind)
    {
        var word = string.Concat(kind.ToString().Select((letter, at) => at > 0 && char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
        return count == 1 ? $"1 {word}" : $"{count} {(word.EndsWith('y') ? word[..^1] + "ies" : word + "s")}";
    }
}
