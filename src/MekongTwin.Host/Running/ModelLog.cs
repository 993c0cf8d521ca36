using System.Collections.Immutable;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;

namespace MekongTwin.Host.Running;

/// <summary>The model in the journal: the last one counts.</summary>
internal static class ModelLog
{
    /// <summary>The newest journalled model, or an empty one. Reads the whole journal: frames of readings are stepped over.</summary>
    public static Model ReadLast(JournalLog journal)
    {
        byte[]? last = null;
        using var reader = journal.Read(0, SealedAs.FramesBesideReadings);
        while (reader.TryRead(journal.DurableOffset, out var body)) last = FindLast(body) ?? last;
        return Decode(last);
    }

    /// <summary>The model of one block.</summary>
    public static byte[]? ReadAt(JournalLog journal, long offset)
    {
        using var reader = journal.Read(offset, SealedAs.FramesBesideReadings);
        return reader.TryRead(journal.DurableOffset, out var body) ? FindLast(body) : null;
    }

    public static Model Decode(byte[]? compressed) => compressed is null ? Model.Empty : ModelCodec.Decompress(compressed);

    private static byte[]? FindLast(ReadOnlySpan<byte> body)
    {
        byte[]? last = null;
        while (Frame.TryRead(ref body, out var frame))
        {
            if (frame.Kind == FrameKind.Model) last = frame.Body.ToArray();
        }
        return last;
    }

    public static async Task AppendAsync(JournalLog journal, Model model, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var frame = Frame.Make(FrameKind.Model, ModelCodec.Compress(model));
        if (frame.Length > journal.AppendBytesMax)
            throw new Cities.InputException($"The city folders are too large: their model has {frame.Length} bytes compressed, and one append takes {journal.AppendBytesMax}. Run fewer cities in one program.");
        long ticket;
        while (!journal.TryAppend(frame, urgent: true, out ticket)) await journal.WaitRoomAsync(ct);
        await journal.WaitDurableAsync(ticket, ct);
    }

    /// <summary>True when facts folded under the one model hold under the other: only additions, names and places differ.</summary>
    public static bool KeepsFacts(Model before, Model after)
    {
        foreach (var asset in before.Assets)
        {
            var now = after.Assets[asset.Number];
            if (asset.Kind != now.Kind || asset.ElectricalParent != now.ElectricalParent || asset.AdministrativeParent != now.AdministrativeParent || asset.Former != now.Former
                || asset.FreeFlowKmh != now.FreeFlowKmh || asset.LengthKm != now.LengthKm) return false;
        }
        foreach (var point in before.Points)
        {
            var now = after.Points[point.Number];
            if (point.Kind != now.Kind || point.HoldUs != now.HoldUs || point.Unit != now.Unit) return false;
        }
        return before.Assets.All(asset => ContributionRule.Holds(asset, PointsOf(before, asset), after.Assets[asset.Number], PointsOf(after, asset)));
    }

    private static ImmutableArray<Point> PointsOf(Model model, Asset asset) => [.. model.PointsOf(asset.Number).Select(number => model.Points[number])];
}
