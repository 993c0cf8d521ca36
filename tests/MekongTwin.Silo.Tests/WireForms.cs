using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Wire;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Serialization;
using Orleans.Serialization.Configuration;

namespace MekongTwin.Silo.Tests;

/// <summary>Silos of two releases understand each other's messages while one after the other is replaced.</summary>
public sealed class WireForms
{
    /// <summary>Messages as they were sent. Whoever adds a member adds a line: what was once sent is not taken away.</summary>
    private static readonly (object Message, string Sent)[] Messages =
    [
        (new WireAppend { Door = 7, Sequence = 300, Frames = [1, 2, 3] }, "3001f0ee16bd136d742e617070656e64001d0162094107010203e0"),
        (new WireAppend { Door = 7, Sequence = 300, Frames = [1, 2, 3], Partition = 5 }, "3001f0ee16bd136d742e617070656e64001d01620941070102030115e0"),
        (new WireBatch { From = 1, To = 1L << 40, Readings = [9], Sources = [4, 5] }, "30015a4bd2b2256d742e706172746974696f6e2d626174636800050120000000008041030921000501110015e0e0"),
        (new WireApplied { Outcomes = [FoldOutcome.Stored, FoldOutcome.Duplicate], Changed = [1, 2], Faulted = [3], Late = [new(2, FoldOutcome.Stored, 5)] },
            "30013ed76ab4296d742e706172746974696f6e2d6170706c696564200005091503081505e021000501050009e0210003010de02100032100090915030115e0e0e0"),
        (new WireView { Applied = 12, Latest = [1], Faulted = [] }, "3001112b11ba236d742e706172746974696f6e2d76696577003141030121e0e0"),
        (new WireFolded { Step = FoldStep.Wanting, Outcomes = [FoldOutcome.Faulted], SetAside = true, Failure = "why" }, "3001eb31be8a1f6d742e61737365742d666f6c646564080305210003091507e021e001034107776879e0"),
        (new WireStatus { Epoch = 3, Journalled = 1000, Applied = 900, LagP99Ms = 1.5, SetAside = [new(8, "why")] }, "3001ca812fcf276d742e706172746974696f6e2d737461747573000d01421f01221c81000000000000f83f21000321e800214107776879e0e0c101e0"),
        (new WireLedger { Sources = [1], Lines = [[1, 2]], Received = [5] }, "3001fd04339c276d742e706172746974696f6e2d6c65646765722000030105e021000341050102e02100030115e0e0"),
        (new WireQuarantineKind { Reason = Refusal.UnknownUnit, Source = 4, Topic = "t", Name = "n", FirstOffset = 1 << 20 }, "30016c49700e256d742e71756172616e74696e652d6b696e64081507011141037441036e6100001000e0"),
    ];

    [Fact]
    public void WhatWasSentIsUnderstood()
    {
        using var silo = Silo();
        foreach (var (message, sent) in Messages) Assert.Equivalent(message, Read(silo, Convert.FromHexString(sent)), strict: true);
        Assert.All(Messages.GroupBy(pair => pair.Message.GetType()).Select(lines => lines.Last()), pair => Assert.Equal((pair.Message.GetType(), pair.Sent), (pair.Message.GetType(), Convert.ToHexStringLower(Write(silo, pair.Message)))));
    }

    [Fact]
    public void AnOlderSiloStepsOverMembersThatWereAdded()
    {
        using var older = Silo();
        using var newer = Silo(Newer);
        var bytes = Write(newer, new NewerStatus { Epoch = 3, Journalled = 1000, Applied = 900, LagP99Ms = 1.5, SetAside = [new(8, "why")], Fault = "fault", Load = 0.5, Home = "here", Slow = [1, 2], Fine = [new(8, "fine")] });
        var status = Assert.IsType<WireStatus>(Read(older, bytes));
        Assert.Equivalent(new WireStatus { Epoch = 3, Journalled = 1000, Applied = 900, LagP99Ms = 1.5, SetAside = [new(8, "why")], Fault = "fault" }, status, strict: true);
    }

    [Fact]
    public void ANewerSiloFindsMembersThatAreNotThereYetEmpty()
    {
        using var older = Silo();
        using var newer = Silo(Newer);
        var bytes = Write(older, new WireStatus { Epoch = 3, Journalled = 1000, Applied = 900, LagP99Ms = 1.5, SetAside = [new(8, "why")] });
        var status = Assert.IsType<NewerStatus>(Read(newer, bytes));
        Assert.Equal((3, 1000, 900, 1.5, "why", null, 0, null, null, null), (status.Epoch, status.Journalled, status.Applied, status.LagP99Ms, Assert.Single(status.SetAside).Why, status.Fault, status.Load, status.Home, status.Slow, status.Fine));
    }

    [Fact]
    public void NorDoesAMemberOfATypeThatItDoesNotKnowDisturbIt()
    {
        using var older = Silo();
        using var newer = Silo(Newer);
        var bytes = Write(newer, new NewerStatus { Epoch = 3, SetAside = [], Unknown = new() { Text = "x" } });
        Assert.Equal("x", Assert.IsType<NewerStatus>(Read(newer, bytes)).Unknown!.Text);
        Assert.Equal(3, Assert.IsType<WireStatus>(Read(older, bytes)).Epoch);
    }

    [Fact]
    public void ANumberThatWasUsedForAnotherTypeIsNotUnderstood()
    {
        using var older = Silo();
        using var careless = Silo(options => options.WellKnownTypeAliases["mt.partition-view"] = typeof(CarelessView));
        var bytes = Write(careless, new CarelessView { Applied = "12" });
        Assert.ThrowsAny<Exception>(() => Read(older, bytes));
    }

    private static void Newer(TypeManifestOptions options)
    {
        options.WellKnownTypeAliases["mt.partition-status"] = typeof(NewerStatus);
        options.WellKnownTypeAliases["mt.test-unknown"] = typeof(UnknownPart);
    }

    /// <summary>What a silo reads and writes with: its own idea of which type a name on the wire stands for.</summary>
    private static ServiceProvider Silo(Action<TypeManifestOptions>? change = null)
    {
        var services = new ServiceCollection();
        services.AddSerializer();
        services.PostConfigure(change ?? (static options => options.WellKnownTypeAliases.Remove("mt.test-unknown")));
        return services.BuildServiceProvider();
    }

    // As part of a call: its type's name goes with it.
    private static byte[] Write(ServiceProvider silo, object message) => silo.GetRequiredService<Serializer>().SerializeToArray(message);

    private static object Read(ServiceProvider silo, byte[] bytes) => silo.GetRequiredService<Serializer>().Deserialize<object>(bytes)!;
}

/// <summary><see cref="WireStatus"/> as a later release may have it.</summary>
[GenerateSerializer]
public sealed class NewerStatus
{
    [Id(0)] public long Epoch { get; set; }

    [Id(1)] public long Journalled { get; set; }

    [Id(2)] public long Applied { get; set; }

    [Id(3)] public double LagP99Ms { get; set; }

    [Id(4)] public WireFault[] SetAside { get; set; } = [];

    [Id(5)] public string? Fault { get; set; }

    [Id(6)] public double Load { get; set; }

    [Id(7)] public string? Home { get; set; }

    [Id(8)] public int[]? Slow { get; set; }

    [Id(9)] public WireFault[]? Fine { get; set; }

    [Id(10)] public UnknownPart? Unknown { get; set; }
}

/// <summary>A type that the release before does not have.</summary>
[GenerateSerializer, Alias("mt.test-unknown")]
public sealed class UnknownPart
{
    [Id(0)] public string Text { get; set; } = "";
}

/// <summary>A release that gave a number to something else.</summary>
[GenerateSerializer]
public sealed class CarelessView
{
    [Id(0)] public string Applied { get; set; } = "";
}
