using MekongTwin.Contracts;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Tests.Findings;

public sealed class SharedSilenceCases
{
    private static Finding Gap(int fromMinute, int toMinute) =>
        new(FindingKind.Gap, SmallCity.StartUs + fromMinute * Instant.Minute, SmallCity.StartUs + toMinute * Instant.Minute, 1, (toMinute - fromMinute) * 60);

    private static List<(long, long, double?)> Find(params IReadOnlyList<Finding>[] points) =>
        [.. SharedSilence.Find(points).Select(found => ((found.FromUs - SmallCity.StartUs) / Instant.Minute, (found.ToUs - SmallCity.StartUs) / Instant.Minute, found.Worst))];

    [Fact]
    public void WhatAllMissTogetherIsTheirGateways() =>
        Assert.Equal([(62, 90, 28 * 60.0), (200, 210, 600.0)], Find([Gap(60, 90), Gap(200, 230)], [Gap(62, 91), Gap(150, 210)], [Gap(0, 1440)]));

    [Fact]
    public void OneThatSpokeAnswersForTheGateway() => Assert.Empty(Find([Gap(60, 90)], [Gap(60, 90)], []));

    [Fact]
    public void WhereTwoSilencesMerelyMeetNothingIsShared() => Assert.Empty(Find([Gap(60, 90)], [Gap(90, 120)]));

    [Fact]
    public void NobodyIsNotSilent() => Assert.Empty(Find());
}
