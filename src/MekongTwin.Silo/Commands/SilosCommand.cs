using System.CommandLine;
using System.Globalization;
using MekongTwin.Host.Cities;
using MekongTwin.Silo.Storage;

namespace MekongTwin.Silo.Commands;

/// <summary><c>silos list|forget NAME</c>: names that silos of a cluster had in the last day.</summary>
internal static class SilosCommand
{
    public static Command Make()
    {
        var (database, cluster) = (DatabaseOption.Make(), new Option<string>("--cluster") { Description = "Name of the cluster", DefaultValueFactory = _ => "mekongtwin" });
        var list = new Command("list", "Names that silos had in the last day, and when each was last here.") { database, cluster };
        list.SetAction(async (result, ct) =>
        {
            await using var source = await DatabaseOption.OpenToReadAsync(result.GetValue(database), ct);
            foreach (var silo in await new SiloNameTable(source, result.GetValue(cluster)!).ReadAsync(ct))
                Console.WriteLine($"{silo.Name,-24} {silo.SeenAt.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}  {(silo.WasStopped ? "stopped" : "")}{(silo is { WasStopped: true, HasSession: true } ? ", the broker keeps its share" : "")}");
            return 0;
        });
        var name = new Argument<string>("name") { Description = "Name of a silo that shall stay away" };
        var forget = new Command("forget", "Takes a silo that shall stay away off the list: health no longer misses it. What the broker still keeps for it is lost.") { name, database, cluster };
        forget.SetAction(async (result, ct) =>
        {
            await using var source = await DatabaseOption.OpenToReadAsync(result.GetValue(database), ct);
            if (!await new SiloNameTable(source, result.GetValue(cluster)!).ForgetAsync(result.GetValue(name)!, ct)) throw new InputException($"No silo was named '{result.GetValue(name)}' in the last day; see 'silos list'.");
            return 0;
        });
        return new("silos", "Silos of a cluster by name.") { list, forget };
    }
}
