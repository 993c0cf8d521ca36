using MekongTwin.Domain.Assets;

namespace MekongTwin.Host.Twins;

/// <summary>A twin that is set aside, and what it failed with last; null where it failed before this start and was not tried since.</summary>
public sealed record TwinFault(AssetId Asset, string? Reason)
{
    public string Why => Reason is null ? "it failed before this start." : $"{Reason.TrimEnd('.')}.";
}
