using MekongTwin.Api;
using MekongTwin.Host.Twins;

namespace MekongTwin.Host.Running;

/// <summary>The health check of twins that are set aside: the rest of the city is served without them.</summary>
internal static class SetAsideHealth
{
    public static HealthCheck Of(IReadOnlyList<TwinFault> faults) => new("setAside", faults.Count == 0, faults.Count == 0 ? null :
        $"Twins set aside: {faults.Count}; the first is {faults[0].Asset}: {faults[0].Why} What comes for them waits in the journal, in the ledger under twinFaulted, and their figures stand still. "
        + "They are tried again by themselves, and at once at the next start. If they stay, look for a disk that fails ('verify'), and report the reason.") { Required = false, IsLoggedElsewhere = true };
}
