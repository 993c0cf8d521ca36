using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Assets;

/// <summary>The model as it is journalled: JSON, compressed. Equal models give equal JSON.</summary>
public static class ModelCodec
{
    private static readonly JsonSerializerOptions Options = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(), new UnitConverter(), new AssetIdConverter() },
    };

    /// <summary>True when both are journalled as the same JSON.</summary>
    public static bool AreEqual(Model one, Model other) => ReferenceEquals(one, other) || HashOf(one).AsSpan().SequenceEqual(HashOf(other));

    public static byte[] Compress(Model model)
    {
        using var stream = new MemoryStream();
        using (var brotli = new BrotliStream(stream, CompressionLevel.Optimal, leaveOpen: true)) WriteJson(model, brotli);
        return stream.ToArray();
    }

    public static Model Decompress(ReadOnlySpan<byte> compressed)
    {
        using var brotli = new BrotliStream(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
        var content = JsonSerializer.Deserialize<Content>(brotli, Options) ?? throw new JsonException("The journalled model is empty.");
        return new(content.Cities, content.Assets, content.Points, content.Devices, content.Names);
    }

    private static byte[] HashOf(Model model)
    {
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write)) WriteJson(model, stream);
        return hash.Hash!;
    }

    /// <summary>Never in one piece: a model of a million points has more than 100 MB of it.</summary>
    private static void WriteJson(Model model, Stream stream) =>
        JsonSerializer.Serialize(stream, new Content(model.Cities, model.Assets, model.Points, model.Devices, model.Names), Options);

    private sealed record Content(
        ImmutableArray<City> Cities, ImmutableArray<Asset> Assets, ImmutableArray<Point> Points,
        ImmutableArray<DeviceMapping> Devices, ImmutableArray<NameMapping> Names);

    private sealed class UnitConverter : JsonConverter<Unit>
    {
        public override Unit Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            UnitTable.TryFind(reader.GetString()!, out var unit) ? unit : throw new JsonException($"Unknown unit '{reader.GetString()}' in the journalled model.");

        public override void Write(Utf8JsonWriter writer, Unit value, JsonSerializerOptions options) => writer.WriteStringValue(value.Code);
    }

    private sealed class AssetIdConverter : JsonConverter<AssetId>
    {
        public override AssetId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, AssetId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Path);
    }
}
