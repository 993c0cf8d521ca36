using MekongTwin.Domain.Journal;
using MekongTwin.Host.Cities;

namespace MekongTwin.Silo.Storage;

/// <summary>
/// The form of what is stored, one number for all of it. Facts begin with it, rows of readings and models have a column of it; a
/// frame of the journal says its form by its kind. What is newer than this program knows is refused, never guessed.
/// </summary>
internal static class StoredFormat
{
    /// <summary>The newest that this program reads; it reads all older ones. It is raised a release before <see cref="Written"/>.</summary>
    public const int Read = 1;

    /// <summary>What this program writes.</summary>
    public const int Written = 1;

    private const string Setting = "format";

    /// <summary>Notes what is written from now on, and refuses a database where something newer is; then nothing is changed.</summary>
    public static async Task AgreeAsync(SettingTable settings, CancellationToken ct)
    {
        if (await settings.RaiseAsync(Setting, Written, ct) is var found and > Read)
            throw new InputException($"What is stored in the database has format {found}; this program knows up to {Read}, and changes nothing. {Advice}");
    }

    /// <summary>Refuses bytes of a form that is not known.</summary>
    public static void Check(long format, string what)
    {
        if (format is < 1 or > Read) throw new InvalidDataException($"{what} in the database: format {format}; this program knows up to {Read}. {Advice}");
    }

    /// <summary>Refuses a frame of a kind that is not known: stepped over, it would never be folded.</summary>
    public static void Check(FrameKind kind)
    {
        if (kind is 0 or > FrameKind.Door) throw new InvalidDataException($"The journal has a frame of kind {(byte)kind}; this program knows up to {(byte)FrameKind.Door}. {Advice}");
    }

    /// <summary>What to do about it.</summary>
    public const string Advice = "A newer program wrote it: start that one, or a newer one.";
}
