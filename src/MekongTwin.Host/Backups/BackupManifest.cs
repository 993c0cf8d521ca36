using System.Globalization;
using System.Text.Json;
using MekongTwin.History.Journal;

namespace MekongTwin.Host.Backups;

/// <summary>One file of a backup, by its name in the data directory.</summary>
internal sealed record BackedUpFile(string Name, long Bytes, string Sha256);

/// <summary>
/// What a backup must hold, as its first entry <see cref="EntryName"/>. The journal's end and identity stand here as well: the
/// files alone would not tell that the last of them are missing.
/// </summary>
internal sealed record BackupManifest(int Format, string Version, DateTimeOffset Made, int JournalFormat, string Journal, long JournalEnd, IReadOnlyList<BackedUpFile> Files)
{
    public const string EntryName = "manifest.json";

    /// <summary>The format of backups; another one is refused.</summary>
    public const int FormatVersion = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    public JournalMark Mark => new(long.Parse(Journal, NumberStyles.HexNumber, CultureInfo.InvariantCulture), JournalEnd);

    public static BackupManifest Of(JournalMark mark, IReadOnlyList<BackedUpFile> files, DateTimeOffset now) =>
        new(FormatVersion, Product.Version, now, History.Journal.JournalFormat.Version, mark.Journal.ToString("x16", CultureInfo.InvariantCulture), mark.End, files);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Throws <see cref="InvalidDataException"/> with what is wrong with it.</summary>
    public static BackupManifest Read(Stream stream)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<BackupManifest>(stream, Json) ?? throw new InvalidDataException("its manifest is empty");
            if (manifest.Format != FormatVersion) throw new InvalidDataException($"it is of format {manifest.Format}, written by version {manifest.Version}; this program reads format {FormatVersion}");
            if (!History.Journal.JournalFormat.IsRead(manifest.JournalFormat)) throw new InvalidDataException($"its journal is of format {manifest.JournalFormat}, written by version {manifest.Version}; this program reads format {History.Journal.JournalFormat.Version}");
            _ = manifest.Mark;
            return manifest;
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException)
        {
            throw new InvalidDataException("its manifest cannot be read", e);
        }
    }
}
