using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Load;

/// <summary>A topic to publish on, and the point topic that its readings belong to (the same for plain topics).</summary>
internal sealed record LoadTopic(int Number, string Topic, string PointTopic)
{
    /// <summary>
    /// The city's points that take values of 100 to 400 within their limits: transformers' P, Q, V first, then the powers of
    /// feeders and substations and the detectors' flow. For packs: the transformers' devices.
    /// </summary>
    public static IReadOnlyList<LoadTopic> From(CityFolder folder, LoadPayload payload)
    {
        var topics = payload == LoadPayload.Plain ? Plain(folder) : Packs(folder);
        return [.. topics.Select((pair, number) => new LoadTopic(number, pair.Topic, pair.Point))];
    }

    private static IEnumerable<(string Topic, string Point)> Plain(CityFolder folder) =>
        Points(folder, "transformer", folder.Grid.Transformers.Select(transformer => transformer.Id))
            .Concat(Points(folder, "feeder", folder.Grid.Feeders.Select(feeder => feeder.Id)))
            .Concat(Points(folder, "substation", folder.Grid.Substations.Select(substation => substation.Id)))
            .Concat(Points(folder, "detector", folder.Traffic.Detectors.Select(detector => detector.Id)))
            .Select(topic => (topic, topic));

    private static IEnumerable<string> Points(CityFolder folder, string kind, IEnumerable<string> ids) =>
        from point in folder.Points.Kinds.GetValueOrDefault(kind) ?? []
        where point.Min <= 100 && point.Max >= 400
        from id in ids
        select $"mt/v1/{folder.City.Id}/{id}/{point.Metric}";

    private static IEnumerable<(string Topic, string Point)> Packs(CityFolder folder) => folder.Mappings.Devices
        .Select(mapping => ($"mt/v1/{folder.City.Id}/senml/{mapping.Device}", $"mt/v1/{folder.City.Id}/{mapping.Asset}/P"));
}
