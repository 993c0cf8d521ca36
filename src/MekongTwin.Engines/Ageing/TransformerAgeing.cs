using System.Numerics;

namespace MekongTwin.Engines.Ageing;

/// <summary>
/// Hot spots and ageing of some transformers from step to step (IEC 60076-7, difference equations). A load is taken to last the whole step:
/// the top oil follows <c>θo += (1 − e^(−Δt/(k11·τo)))·(Δθor·((1+K²R)/(1+R))^x + θa − θo)</c>, the hot spot's
/// <c>Δθh += (1 − e^(−Δt/(k22·τw)))·(Δθhr·K^y − Δθh)</c>, exact for first-order lags whatever the step; the hot spot is θo + Δθh at
/// the end of the step and its rate holds for the step. One transformer a vector lane. Not thread-safe.
/// </summary>
/// <remarks>About 5 exponentials and logarithms a transformer and step.</remarks>
public sealed class TransformerAgeing
{
    private readonly ThermalModel model;
    private readonly Insulation insulation;
    private readonly double oilShare, windingShare, stepHours;
    private readonly double[] load, oil, winding, lost, highest;

    /// <param name="count">Transformers.</param>
    /// <param name="model">Their constants.</param>
    /// <param name="insulation">Their paper.</param>
    /// <param name="stepMinutes">Length of a step.</param>
    public TransformerAgeing(int count, ThermalModel model, Insulation insulation, double stepMinutes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepMinutes);
        (Count, this.model, this.insulation, stepHours) = (count, model, insulation, stepMinutes / 60);
        (oilShare, windingShare) = (1 - Math.Exp(-stepMinutes / model.OilMinutes), 1 - Math.Exp(-stepMinutes / model.WindingMinutes));
        var room = (count + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count;
        (load, oil, winding, lost, highest) = (new double[room], new double[room], new double[room], new double[room], new double[room]);
    }

    public int Count { get; }

    /// <summary>Square of each one's current over the rated one in the next step; the caller writes it.</summary>
    public Span<double> LoadSquared => load.AsSpan(0, Count);

    /// <summary>Hours of normal life that each has lost since it began.</summary>
    public ReadOnlySpan<double> LostHours => lost.AsSpan(0, Count);

    /// <summary>Highest hot spot of each since it began, °C.</summary>
    public ReadOnlySpan<double> HighestC => highest.AsSpan(0, Count);

    /// <summary>Begins anew, in the steady state of the loads that stand in <see cref="LoadSquared"/>.</summary>
    public void Begin(double ambientC)
    {
        for (var i = 0; i < load.Length; i++) (oil[i], winding[i], lost[i], highest[i]) = (ambientC + model.OilRise(load[i]), model.WindingRise(load[i]), 0, double.NegativeInfinity);
    }

    /// <summary>One step with the loads that stand in <see cref="LoadSquared"/>.</summary>
    /// <param name="ambientC">Air about the transformers, °C.</param>
    public void Advance(double ambientC)
    {
        var (lossRatio, fullLosses) = (new Vector<double>(model.LossRatio), 1 / (1 + model.LossRatio));
        for (var i = 0; i < load.Length; i += Vector<double>.Count)
        {
            // K^y as e^(y/2·ln K²), for which no load is very little of it.
            var square = Vector.Max(new Vector<double>(load, i), new Vector<double>(1e-12));
            var oilEnd = new Vector<double>(ambientC) + (model.TopOilRiseK * Power((Vector<double>.One + (lossRatio * square)) * fullLosses, model.OilExponent));
            var windingEnd = model.HotSpotRiseK * Power(square, model.WindingExponent / 2);
            var (oilNow, windingNow) = (new Vector<double>(oil, i), new Vector<double>(winding, i));
            oilNow += oilShare * (oilEnd - oilNow);
            windingNow += windingShare * (windingEnd - windingNow);
            var hotSpot = oilNow + windingNow;
            oilNow.CopyTo(oil, i);
            windingNow.CopyTo(winding, i);
            Vector.Max(new Vector<double>(highest, i), hotSpot).CopyTo(highest, i);
            (new Vector<double>(lost, i) + (stepHours * Rate(hotSpot))).CopyTo(lost, i);
        }
    }

    private Vector<double> Rate(Vector<double> hotSpotC) => insulation == Insulation.Plain
        ? Vector.Exp(Math.Log(2) / AgeingRate.DoublingK * (hotSpotC - new Vector<double>(AgeingRate.PlainC)))
        : Vector.Exp(new Vector<double>(AgeingRate.ArrheniusK / (AgeingRate.UpgradedC + AgeingRate.ZeroC)) - (new Vector<double>(AgeingRate.ArrheniusK) / (hotSpotC + new Vector<double>(AgeingRate.ZeroC))));

    private static Vector<double> Power(Vector<double> value, double exponent) => Vector.Exp(exponent * Vector.Log(value));
}
