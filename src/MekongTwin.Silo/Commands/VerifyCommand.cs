using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MekongTwin.Host.Cities;
using MekongTwin.Silo.Running;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;

namespace MekongTwin.Silo.Commands;

/// <summary>
/// <c>verify --database CONNECTION [--hash]</c>: checks journal, accounts and totals as they are at one instant; with --hash
/// says the facts' hash, which is the embedded edition's for the same readings. Silos may go on serving.
/// </summary>
internal static class VerifyCommand
{
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(5);

    public static Command Make()
    {
        var where = DatabaseOption.Make();
        var hash = new Option<bool>("--hash") { Description = "Say the hash of the stored facts: both editions have the same one for the same city folders and readings" };
        var command = new Command("verify", "Checks the journal, and that accounts and totals add up; exit code 1 when they do not. It only reads; silos may go on serving") { where, hash };
        command.SetAction(async (result, ct) =>
        {
            var (output, error) = (result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);
            await using var database = await DatabaseOption.OpenToReadAsync(result.GetValue(where), ct);
            await using var cut = await RegionCut.OpenAsync(database, ct);
            var partitions = await cut.ReadSettingAsync("partitions", ct) ?? throw new InputException("--database: no silo has served from this database yet: there is nothing to verify.");
            var said = Stopwatch.StartNew();
            var check = new RegionCheck(cut, new(await cut.ReadModelAsync(ct), int.Parse(partitions, CultureInfo.InvariantCulture)), line =>
            {
                if (said.Elapsed < SayEvery) return;
                error.WriteLine(line);
                said.Restart();
            });
            await check.RunAsync(ct);
            output.WriteLine($"{check.Partitions} partitions, {check.Blocks} blocks, {check.Bytes} bytes; {check.Quarters} quarters of assets, {check.Totals} totals");
            if (check.Waiting.Partitions > 0) output.WriteLine($"{check.Waiting.Readings} readings of {check.Waiting.Partitions} partitions are journalled and not folded yet: the facts are those of what is folded");
            if (check.SetAside > 0) output.WriteLine($"{check.SetAside} readings are set aside, because their twins failed: they are not in the facts");
            foreach (var fault in check.Faults) error.WriteLine(fault);
            if (check.FaultCount > check.Faults.Count) error.WriteLine($"... and {check.FaultCount - check.Faults.Count} more.");
            if (check.FaultCount > 0)
            {
                error.WriteLine("The database is damaged. Restore it from a backup.");
                return 1;
            }
            if (result.GetValue(hash)) output.WriteLine($"stored   {await check.HashAsync(ct)}");
            return 0;
        });
        return command;
    }
}
