using System.CommandLine;
using MekongTwin.Domain.Readings;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Commands;

/// <summary>
/// <c>verify --data DIR [--hash]</c>: checks everything that is sealed and every block of the journal; with --hash folds it all again and compares the
/// facts with those that are stored.
/// </summary>
internal static class VerifyCommand
{
    public static Command Make()
    {
        var data = new Option<string>("--data") { Description = "Data directory", DefaultValueFactory = _ => "data" };
        var hash = new Option<bool>("--hash") { Description = "Fold the journal again and compare the facts' hashes" };
        var command = new Command("verify", "Checks the journal; exit code 1 when it is damaged or the stored facts differ from it") { data, hash };
        command.SetAction(async (result, ct) =>
        {
            using var directory = DataDirectory.Open(result.GetValue(data)!, mustExist: true);
            var files = new DiskFiles(directory.Journal);
            var check = JournalRecovery.Check(files, TwinQueries.ReadMark(directory.Database));
            if (check.Seals > 0) Console.WriteLine($"{check.Seals} sealed stretches, {check.SealedReadings} readings");
            foreach (var city in check.Horizon?.Cities ?? []) Console.WriteLine($"{city.City}: readings before {Instant.ToText(city.ReadingsFromUs, TimeZoneInfo.Utc)} are gone, as its folder says; their windows and totals stay");
            Console.WriteLine($"{check.Segments} segments, {check.Blocks} blocks, {check.Bytes} bytes" + (check.TornBytes > 0 && check.Damage.Count == 0 ? $", {check.TornBytes} bytes torn at the end (never acknowledged)" : ""));
            foreach (var damage in check.Damage) Console.Error.WriteLine(damage);
            if (check.Damage.Count > 0) return 1;
            if (!result.GetValue(hash)) return 0;
            var facts = await Refold.CompareAsync(directory, ct);
            Console.WriteLine($"journal  {facts.Journal}");
            Console.WriteLine($"stored   {facts.Stored}");
            if (facts.Journal == facts.Stored) return 0;
            Console.Error.WriteLine("The stored facts differ from the journal's. Delete twin.db: it is made again from the journal at the next start.");
            return 1;
        });
        return command;
    }
}
