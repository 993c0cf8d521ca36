using System.Text.Json;
using System.Text.Json.Serialization;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Scenarios.Levers;

/// <summary>
/// A figure that nobody knows exactly: triangular from low to high with its peak at the likely one. In JSON an exact one is a number,
/// another <c>{"low", "likely", "high"}</c>.
/// </summary>
[JsonConverter(typeof(EstimateConverter))]
public readonly record struct Estimate(double Low, double Likely, double High)
{
    public static implicit operator Estimate(double exact) => new(exact, exact, exact);

    /// <summary>The value that is not exceeded with this probability, 0 to 1: the inverse of the triangular distribution.</summary>
    public double At(double probability)
    {
        var width = High - Low;
        if (width == 0) return Likely;
        return probability * width < Likely - Low
            ? Low + Math.Sqrt(probability * width * (Likely - Low))
            : High - Math.Sqrt((1 - probability) * width * (High - Likely));
    }
}

/// <summary>The draw of one lever in one future, for the whole city: each of its figures has a number of its own.</summary>
internal readonly record struct LeverDraw(Draw Draw, int Lever)
{
    /// <summary>No day of a study: what is drawn here is not drawn for the weather.</summary>
    private const int Day = -1;

    private const int FiguresMax = 8;

    public Estimate Of(int figure, Estimate estimate) => estimate.At(Draw.Uniform(Day, (Lever * FiguresMax) + figure));
}

internal sealed class EstimateConverter : JsonConverter<Estimate>
{
    public override Estimate Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("scenarios are read by their own reader");

    public override void Write(Utf8JsonWriter writer, Estimate value, JsonSerializerOptions options)
    {
        if (value.Low == value.High)
        {
            writer.WriteNumberValue(value.Likely);
            return;
        }
        writer.WriteStartObject();
        writer.WriteNumber("low", value.Low);
        writer.WriteNumber("likely", value.Likely);
        writer.WriteNumber("high", value.High);
        writer.WriteEndObject();
    }
}
