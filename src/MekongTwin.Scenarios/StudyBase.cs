using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MekongTwin.Engines.Demand;
using MekongTwin.Engines.Demand.Calibration;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;

namespace MekongTwin.Scenarios;

/// <summary>How well the demand model knows the city at the instant it was branched from.</summary>
/// <param name="Days">Days of readings that were fitted.</param>
/// <param name="Measured">Transformers with weights of their own readings.</param>
/// <param name="Anchored">Of the others, those that were brought to their newest reading.</param>
/// <param name="Transformers">All of them.</param>
/// <param name="Readings">Readings used.</param>
/// <param name="MeasuredWeather">False where no station told the temperature: normals stand in.</param>
public sealed record Calibration(double Days, int Measured, int Anchored, int Transformers, long Readings, bool MeasuredWeather);

/// <summary>
/// A city at an instant, as studies start from it: immutable and apart from the living one. Everything a study depends on is here and in its
/// scenario, and <see cref="Hash"/> names it.
/// </summary>
public sealed class StudyBase
{
    public StudyBase(string city, DateTimeOffset asOf, string cut, CityElements elements, CalibratedDemand demand, ClimateNormals climate, CountryRules rules, double[] people, Calibration calibration, KnownDay? today = null)
    {
        (City, AsOf, Cut, Elements, Demand, Climate, Rules, People, Calibration, Today) = (city, asOf, cut, elements, demand, climate, rules, people, calibration, today);
        Hash = HashOf();
    }

    public string City { get; }

    /// <summary>The instant, in the city's zone.</summary>
    public DateTimeOffset AsOf { get; }

    /// <summary>How far the journal was folded.</summary>
    public string Cut { get; }

    public CityElements Elements { get; }

    public CalibratedDemand Demand { get; }

    public ClimateNormals Climate { get; }

    public CountryRules Rules { get; }

    /// <summary>People who live behind each transformer, by its position.</summary>
    public double[] People { get; }

    public Calibration Calibration { get; }

    /// <summary>How warm the last day was; null where no station told.</summary>
    public KnownDay? Today { get; }

    /// <summary>SHA-256 over the weights, the grid, the climate and today's warmth: the same base gives the same answers.</summary>
    public string Hash { get; }

    private string HashOf()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (loads, network) = (Demand.Loads, Elements.Grid.Network);
        var series = Demand.Model.Series(new WeatherGenerator(Climate, 0).Generate(0, new(2024, 1, 1), 7));
        double[][] arrays =
        [
            loads.WeightP, loads.WeightQ, loads.SigmaKw, series.Values, People, Climate.MeanC, Climate.HumidityPercent, Today is { } today ? [today.Day.DayNumber, today.WarmerC] : [], network.SetVm,
            network.Branches.R, network.Branches.X, network.Branches.G, network.Branches.B, network.Branches.RatingFrom, network.Branches.RatingTo,
        ];
        foreach (var array in arrays) hash.AppendData(MemoryMarshal.AsBytes(array.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(network.Branches.From.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(network.Branches.To.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(network.Branches.InService.AsSpan()));
        Span<byte> day = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(day, DateOnly.FromDateTime(AsOf.DateTime).DayNumber);
        hash.AppendData(day);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
