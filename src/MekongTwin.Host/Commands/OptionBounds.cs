using System.CommandLine;
using System.Numerics;

namespace MekongTwin.Host.Commands;

/// <summary>Numbers that options may have.</summary>
internal static class OptionBounds
{
    /// <summary>Refuses what lies outside; the message names the option.</summary>
    public static void Bound<T>(this Option<T> option, T min, T max)
        where T : struct, INumber<T>
    {
        option.Validators.Add(result =>
        {
            try
            {
                var value = result.GetValueOrDefault<T>();
                if (!(value >= min && value <= max)) result.AddError(FormattableString.Invariant($"{option.Name}: between {min} and {max}."));
            }
            catch (InvalidOperationException)
            {
                // It is no number, which the parser says itself.
            }
        });
    }
}
