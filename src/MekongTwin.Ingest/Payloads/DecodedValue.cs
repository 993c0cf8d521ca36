using MekongTwin.Domain.Readings;

namespace MekongTwin.Ingest.Payloads;

/// <summary>How the sender gave the time of a value.</summary>
internal enum TimeGiven : byte
{
    None,
    Utc,

    /// <summary>A clock on the wall without an offset: the site's zone applies.</summary>
    Local,
}

/// <summary>One value as the payload says it, before units and plausibility.</summary>
internal struct DecodedValue
{
    public long Mantissa;
    public int Exponent;
    public long TimeUs;
    public TimeGiven Time;
    public Quality Quality;
    public bool Historical;
    public ushort Revision;
}

/// <summary>Quality words on the wire.</summary>
internal static class QualityText
{
    public static bool TryRead(ReadOnlySpan<byte> text, out Quality quality)
    {
        if (text.SequenceEqual("good"u8)) quality = Quality.Good;
        else if (text.SequenceEqual("uncertain"u8)) quality = Quality.Uncertain;
        else if (text.SequenceEqual("bad"u8)) quality = Quality.Bad;
        else if (text.SequenceEqual("stale"u8)) quality = Quality.Stale;
        else if (text.SequenceEqual("estimated"u8)) quality = Quality.Estimated;
        else if (text.SequenceEqual("substituted"u8)) quality = Quality.Substituted;
        else
        {
            quality = Quality.Bad;
            return false;
        }
        return true;
    }
}
