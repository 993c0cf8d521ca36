using System.Globalization;
using MekongTwin.Api;

namespace MekongTwin.Host.Cities;

/// <summary>What changed, in words for a log (empty for nothing that the twins know of), and what is odd in the folders.</summary>
internal sealed record TakenIn(string Changes, IReadOnlyList<string> Warnings);

/// <summary>
/// Looks at the city folders while the program runs, and has a change taken in once they lie still from one look to the next. What
/// cannot be taken in is said on the health page and in the log; the cities run on as they were.
/// </summary>
/// <param name="folders">The city folders.</param>
/// <param name="takeIn">Reads them and takes in what changed; an <see cref="InputException"/> says why not.</param>
/// <param name="seen">Stamp of the files that were read at the start.</param>
/// <param name="time">Files change in real time, whatever the cities' clock.</param>
internal sealed partial class FolderWatch(IReadOnlyList<string> folders, Func<CancellationToken, Task<TakenIn>> takeIn, string seen, TimeProvider time)
{
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private string _seen = seen;
    private string? _moving;
    private volatile HealthCheck _health = new("cityFolders", true, null) { Required = false };

    public HealthCheck Health => _health;

    public ILogger? Log { get; set; }

    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct)) await LookAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The program ends.
        }
    }

    /// <summary>One look. A change that is seen the first time may still be under way.</summary>
    internal async Task LookAsync(CancellationToken ct)
    {
        var stamp = StampOf(folders);
        var isStill = stamp == _moving;
        _moving = stamp == _seen ? null : stamp;
        if (stamp == _seen || !isStill) return;
        try
        {
            var taken = await takeIn(ct);
            if (Log is { } log && taken.Changes.Length > 0) LogTakenIn(log, taken.Changes);
            foreach (var warning in taken.Warnings) if (Log is { } heard) LogWarning(heard, warning);
            (_seen, _health) = (stamp, _health with { Healthy = true, Detail = null });
        }
        catch (InputException e)
        {
            // Looked at again when it has changed again.
            _seen = stamp;
            Refuse(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Refuse(e.Message);
        }
    }

    private void Refuse(string why) => _health = _health with { Healthy = false, Detail = $"The city folders have changed, and the change is not taken in; the cities run on as they were.\n{why}" };

    /// <summary>Name, size and time of every file that a folder is read from.</summary>
    internal static string StampOf(IEnumerable<string> folders)
    {
        try
        {
            return string.Join('\n', folders.SelectMany(folder => new DirectoryInfo(folder).EnumerateFiles("*.*json", SearchOption.AllDirectories))
                .Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}")).Order(StringComparer.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Taken in from the city folders: {Changes}")]
    private static partial void LogTakenIn(ILogger logger, string changes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "City folders: {Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);
}
