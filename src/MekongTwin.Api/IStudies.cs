using MekongTwin.Scenarios.Screening;

namespace MekongTwin.Api;

/// <summary>A study's state. Names on the wire are the lower-camel form.</summary>
public enum StudyState
{
    Waiting,
    Running,
    Done,
    Cancelled,
    Failed,
}

/// <summary>A study, without its answer.</summary>
/// <param name="Id">Short and unique.</param>
/// <param name="Name">The scenario's.</param>
/// <param name="City">The scenario's.</param>
/// <param name="State">How far it came.</param>
/// <param name="Progress">Share of its futures that is solved, 0 to 1.</param>
/// <param name="Asked">When it was asked for, in the city's zone.</param>
/// <param name="By">Who asked.</param>
/// <param name="Fault">Why it failed, and what to do.</param>
public sealed record StudyView(string Id, string Name, string City, StudyState State, double Progress, string Asked, string By, string? Fault)
{
    /// <summary>What is screened now, after all futures are solved; null before and after.</summary>
    public Screen? Screening { get; init; }
}

/// <summary>A scenario that is refused: every mistake by its field.</summary>
public sealed class StudyRefusedException(string message) : Exception(message);

/// <summary>What-if studies: run beside the living city, which they only read.</summary>
public interface IStudies
{
    /// <summary>Checks a scenario (UTF-8 JSON) and takes it in as a study that waits for its turn.</summary>
    /// <exception cref="StudyRefusedException">It cannot be, or too many wait.</exception>
    Task<StudyView> AskAsync(byte[] scenario, string by, CancellationToken ct);

    /// <summary>Newest first.</summary>
    Task<IReadOnlyList<StudyView>> ListAsync(CancellationToken ct);

    Task<StudyView?> FindAsync(string id, CancellationToken ct);

    /// <summary>The answer, UTF-8 JSON; null until it is done.</summary>
    Task<byte[]?> ReadReportAsync(string id, CancellationToken ct);

    /// <summary>A file that the study is taken away as, by its name; null until it is done, and where it was solved before there were such files.</summary>
    Task<byte[]?> ReadExportAsync(string id, string name, CancellationToken ct);

    /// <summary>Stops a study that waits or runs; one that has ended is removed with its answer. False when there is none.</summary>
    Task<bool> RemoveAsync(string id, CancellationToken ct);
}
