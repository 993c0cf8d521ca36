using System.Text.Json;

namespace MekongTwin.Silo.Tests;

/// <summary>What a process says of all readings: how many are stored, and how many are in quarantine or rejected for which reason.</summary>
internal sealed record Account(long Received, long Stored, long Duplicate, string Refused, long Rejected, long Quarantined, long Pending)
{
    public static Account Of(JsonElement total)
    {
        long Of(string name) => total.GetProperty(name).GetInt64();
        long Sum(string name) => total.GetProperty(name).EnumerateObject().Sum(reason => reason.Value.GetInt64());
        return new(Of("received"), Of("stored"), Of("duplicate"), $"{total.GetProperty("rejected")} {total.GetProperty("quarantined")}", Sum("rejected"), Sum("quarantined"), Of("pending"));
    }

    /// <summary>Nothing is pending, and everything that was received is accounted for.</summary>
    public bool IsBalanced => Pending == 0 && Received == Stored + Duplicate + Rejected + Quarantined;

    /// <summary>What both editions must say alike: how often a message came twice is the broker's affair.</summary>
    public (long Stored, string Refused) Facts => (Stored, Refused);
}
