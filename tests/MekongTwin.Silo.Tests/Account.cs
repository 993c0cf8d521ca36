using System.Text.Json;

namespace MekongTwin.Silo.Tests;

/// <summary>What a process says of all readings: how many are stored, and how many are in quarantine or rejected for which reason.</summary>
internal sealed record Account(long Received, long Stored, long Duplicate, string Refused, long Quarantined, long Pending)
{
    public static Account Of(JsonElement total)
    {
        long Of(string name) => total.GetProperty(name).GetInt64();
        var quarantined = total.GetProperty("quarantined");
        return new(Of("received"), Of("stored"), Of("duplicate"), $"{total.GetProperty("rejected")} {quarantined}", quarantined.EnumerateObject().Sum(reason => reason.Value.GetInt64()), Of("pending"));
    }

    /// <summary>What both editions must say alike: how often a message came twice is the broker's affair.</summary>
    public (long Stored, string Refused) Facts => (Stored, Refused);
}
