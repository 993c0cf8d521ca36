using System.Text.Json.Serialization;
using MekongTwin.Engines.Ageing;

namespace MekongTwin.Scenarios.Countries;

/// <summary>What a country's distribution transformers are, as their ageing goes by it.</summary>
/// <param name="Name">Printed with the answer.</param>
/// <param name="Source">Where this is from, and what is assumed.</param>
/// <param name="Insulation">Paper of their windings: plain or upgraded.</param>
public sealed record AgeingRules(string Name, string Source, [property: JsonConverter(typeof(JsonStringEnumConverter<Insulation>))] Insulation Insulation);
