namespace MekongTwin.Domain.Access;

/// <summary>What a person or device may do. Each role may do what the ones before it may, except <see cref="Device"/>.</summary>
public enum Role
{
    /// <summary>Publishes readings; reads nothing.</summary>
    Device,
    Viewer,
    Operator,
    Planner,
    Engineer,
    Officer,
    Admin,
}
