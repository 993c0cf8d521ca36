using System.Text;
using MekongTwin.Domain.Access;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>Names of sources for the ledger, and of topics for the log: printable, and cut at a length.</summary>
internal static class SourceName
{
    /// <summary>UTF-16 units kept of a client identifier.</summary>
    public const int MaxLength = 64;

    /// <summary>Clients without an identifier of their own share a line: the one they are given is new every time.</summary>
    private const string Unnamed = "(unnamed)";

    /// <summary>
    /// Where there are users, the one who was verified comes first, <c>mqtt:user/client</c>: a client calls itself what it likes.
    /// One that calls itself as its user does is named once.
    /// </summary>
    /// <param name="principal">Who was verified.</param>
    /// <param name="clientId">What the client calls itself; empty when it does not.</param>
    public static string OfClient(Principal principal, string clientId)
    {
        string client = clientId.Length == 0 ? Unnamed : Printable(clientId);
        return principal == Principal.Open || principal.Name == clientId ? "mqtt:" + client : $"mqtt:{Printable(principal.Name)}/{client}";
    }

    /// <summary>A topic for the log.</summary>
    public static string Printable(ReadOnlySpan<byte> topic) => Printable(Encoding.UTF8.GetString(topic));

    private static string Printable(string text)
    {
        StringBuilder name = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (name.Length + rune.Utf16SequenceLength > MaxLength)
            {
                break;
            }

            name.Append(IsPrintable(rune) ? rune.ToString() : "?");
        }

        return name.ToString();
    }

    private static bool IsPrintable(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (
            System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
            or System.Globalization.UnicodeCategory.Surrogate or System.Globalization.UnicodeCategory.PrivateUse
            or System.Globalization.UnicodeCategory.OtherNotAssigned or System.Globalization.UnicodeCategory.LineSeparator
            or System.Globalization.UnicodeCategory.ParagraphSeparator);
}
