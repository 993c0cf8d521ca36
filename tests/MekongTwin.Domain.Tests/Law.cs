using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace MekongTwin.Domain.Tests;

/// <summary>Checks a law on generated data, always the same: a failing case is shrunk and printed.</summary>
internal static class Law
{
    public static void Holds<T>(Gen<T> data, Action<T> check, int runs = 300, Func<T, IEnumerable<T>>? shrink = null) =>
        Prop.ForAll(Arb.From(data, shrink ?? (static _ => [])), check).Check(Config.QuickThrowOnFailure
            .WithMaxTest(runs)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20261121UL, 650UL * 2 + 1), FSharpOption<int>.None))));

    /// <summary>A list without one of its stretches, longest stretches first.</summary>
    public static IEnumerable<T[]> Shorter<T>(T[] items)
    {
        for (var size = items.Length; size >= 1; size = size > 1 ? size / 2 : 0)
        {
            for (var from = 0; from + size <= items.Length; from += size) yield return [.. items[..from], .. items[(from + size)..]];
        }
    }
}
