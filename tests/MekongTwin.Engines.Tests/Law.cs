using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace MekongTwin.Engines.Tests;

/// <summary>Checks a law on generated data, always the same.</summary>
internal static class Law
{
    public static void Holds<T>(Gen<T> data, Action<T> check, int runs = 200) =>
        Prop.ForAll(Arb.From(data, static _ => []), check).Check(Config.QuickThrowOnFailure
            .WithMaxTest(runs)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20261126UL, 330UL * 2 + 1), FSharpOption<int>.None))));
}
