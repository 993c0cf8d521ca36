namespace MekongTwin.Engines.Demand.Calibration;

/// <summary>
/// One load's weights by its readings: <c>y = level·mix + own cooling + kWp·pv + own shapes</c>, ridge about the class (own parts shrink to none). Readings further
/// than some deviations off are taken out and the rest is fitted again. Not thread-safe: its arrays are used again for the next load.
/// </summary>
internal sealed class LoadFit(FitColumns columns, double[] kwpPerKw)
{
    /// <summary>Parts of the day that have a spread of their own.</summary>
    public const int Parts = 8;

    /// <summary>Deviations of the prior, shares of the load's mean: level, cooling of its own, PV (kWp for a mean kW), own shapes.</summary>
    private const double LevelSpread = 0.5;
    private const double CoolingSpread = 0.3;
    private const double PvSpread = 0.2;
    private const double OwnSpread = 0.12;

    /// <summary>Deviation of a reading that is believed at first, and the least ever, shares of the mean.</summary>
    private const double FirstNoise = 0.08;
    private const double LeastNoise = 0.004;

    /// <summary>Beyond so many deviations a reading is none.</summary>
    private const double Outlier = 6;

    private const int RoundsMax = 4;

    /// <summary>Fewer readings say nothing of a load.</summary>
    public const int LeastReadings = 24;

    /// <summary>The spread of a part of the day counts with so many readings of the whole day's.</summary>
    private const double PartShrinkage = 12;

    private const int Level = 0;
    private const int Cooling = 1;
    private const int Pv = 2;
    private const int Own = 3;
    private const int Unknowns = Own + Factor.OwnShapes;

    private readonly double[] gram = new double[FitColumns.Count * FitColumns.Count];
    private readonly double[] moment = new double[FitColumns.Count];
    private readonly double[] normal = new double[Unknowns * Unknowns];
    private readonly double[] right = new double[Unknowns];
    private readonly double[] a = new double[Unknowns * Unknowns];
    private readonly double[] b = new double[Unknowns];
    private readonly double[] basis = new double[Unknowns * FitColumns.Count];
    private readonly double[] image = new double[Unknowns * FitColumns.Count];
    private readonly double[] fitted = new double[columns.Steps];
    private readonly double[] absolute = new double[columns.Steps];
    private readonly double[] kept = new double[columns.Steps];

    /// <summary>Weights of <see cref="FitColumns"/>, kW.</summary>
    public double[] Weights { get; } = new double[FitColumns.Count];

    /// <summary>What the weights make at every step, kW.</summary>
    public ReadOnlySpan<double> Fitted => fitted;

    /// <summary>Deviation in each part of the day, and over all, kW.</summary>
    public double[] PartSigmaKw { get; } = new double[Parts];

    public double SigmaKw { get; private set; }

    /// <summary>Mean kW of the mix without cooling on a working day.</summary>
    public double LevelKw { get; private set; }

    /// <summary>Readings used, and taken out.</summary>
    public int Readings { get; private set; }

    public int Outliers { get; private set; }

    /// <summary>Fits to the readings before a step; false where they are too few.</summary>
    public bool Fit(ReadOnlySpan<double> kw, in CustomerMix mix, int end)
    {
        Array.Clear(gram);
        Array.Clear(moment);
        kw.CopyTo(kept);
        var (count, sum) = columns.Add(kw, end, gram, moment);
        (Readings, Outliers) = (count, 0);
        if (count < LeastReadings) return false;
        var scale = Math.Max(Math.Abs(sum / count), 0.05 * mix.MeanKw);
        if (scale == 0) scale = 1;
        MakeBasis(mix);
        var noise = FirstNoise * scale;
        for (var round = 1; ; round++)
        {
            if (!Solve(mix, scale, noise)) return false;
            columns.Evaluate(Weights, fitted);
            noise = Math.Max(LeastNoise * scale, Deviation(end));
            if (round == RoundsMax || !TakeOut(end, Outlier * noise)) break;
        }
        // The noise that was found weighs the prior.
        if (!Solve(mix, scale, noise)) return false;
        columns.Evaluate(Weights, fitted);
        Spread(end, scale);
        return true;
    }

    /// <summary>The part of the day of a step.</summary>
    public int PartOf(int step) => (step + columns.FirstQuarter) % Quarters.ADay * Parts / Quarters.ADay;

    /// <summary>Each unknown as weights of the columns.</summary>
    private void MakeBasis(in CustomerMix mix)
    {
        Array.Clear(basis);
        for (var c = 0; c < FitColumns.Classes; c++)
        {
            basis[(Level * FitColumns.Count) + c] = mix.Share[c];
            basis[(Cooling * FitColumns.Count) + FitColumns.Cooling + c] = mix.Share[c];
        }
        basis[(Pv * FitColumns.Count) + FitColumns.Pv] = 1;
        for (var own = 0; own < Factor.OwnShapes; own++) basis[((Own + own) * FitColumns.Count) + FitColumns.Own + own] = 1;
    }

    private bool Solve(in CustomerMix mix, double scale, double noise)
    {
        Project();
        Span<double> mean = stackalloc double[Unknowns];
        Span<double> spread = stackalloc double[Unknowns];
        mean.Clear();
        spread.Fill(OwnSpread);
        (mean[Level], spread[Level]) = (0.8, LevelSpread);
        spread[Cooling] = CoolingSpread;
        (mean[Pv], spread[Pv]) = (kwpPerKw[(int)mix.Largest], PvSpread);
        // PV cannot be negative: where the readings ask for that there is none.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            normal.CopyTo(a, 0);
            right.CopyTo(b, 0);
            for (var u = 0; u < Unknowns; u++)
            {
                var precision = noise * noise / (spread[u] * spread[u] * scale * scale);
                a[(u * Unknowns) + u] += precision;
                b[u] += precision * mean[u] * scale;
            }
            if (!Ridge.Solve(a, b)) return false;
            if (b[Pv] < 0 && attempt == 0)
            {
                (mean[Pv], spread[Pv]) = (0, 1e-9);
                continue;
            }
            b[Pv] = Math.Max(0, b[Pv]);
            LevelKw = b[Level];
            Array.Clear(Weights);
            for (var u = 0; u < Unknowns; u++)
            {
                for (var k = 0; k < FitColumns.Count; k++) Weights[k] += basis[(u * FitColumns.Count) + k] * b[u];
            }
            return true;
        }
        return false;
    }

    /// <summary>The sums of the columns become sums of the unknowns.</summary>
    private void Project()
    {
        Array.Clear(image);
        for (var u = 0; u < Unknowns; u++)
        {
            right[u] = 0;
            for (var j = 0; j < FitColumns.Count; j++)
            {
                var share = basis[(u * FitColumns.Count) + j];
                if (share == 0) continue;
                right[u] += share * moment[j];
                for (var k = 0; k < FitColumns.Count; k++) image[(u * FitColumns.Count) + k] += share * (k <= j ? gram[(j * FitColumns.Count) + k] : gram[(k * FitColumns.Count) + j]);
            }
        }
        for (var u = 0; u < Unknowns; u++)
        {
            for (var v = 0; v <= u; v++)
            {
                var sum = 0.0;
                for (var k = 0; k < FitColumns.Count; k++) sum += image[(u * FitColumns.Count) + k] * basis[(v * FitColumns.Count) + k];
                normal[(u * Unknowns) + v] = sum;
            }
        }
    }

    /// <summary>A deviation that outliers do not move: the median distance times 1.4826.</summary>
    private double Deviation(int end)
    {
        var count = 0;
        for (var step = 0; step < end; step++) if (!double.IsNaN(kept[step])) absolute[count++] = Math.Abs(kept[step] - fitted[step]);
        return count == 0 ? 0 : 1.4826 * Quantiles.Select(absolute.AsSpan(0, count), count / 2);
    }

    private bool TakeOut(int end, double limitKw)
    {
        var before = Outliers;
        for (var step = 0; step < end; step++)
        {
            if (!(Math.Abs(kept[step] - fitted[step]) > limitKw)) continue;
            columns.Remove(step, kept[step], gram, moment);
            kept[step] = double.NaN;
            Outliers++;
            Readings--;
        }
        return Outliers > before;
    }

    private void Spread(int end, double scale)
    {
        Span<double> squares = stackalloc double[Parts];
        Span<int> counts = stackalloc int[Parts];
        squares.Clear();
        counts.Clear();
        for (var step = 0; step < end; step++)
        {
            if (double.IsNaN(kept[step])) continue;
            var (part, left) = (PartOf(step), kept[step] - fitted[step]);
            squares[part] += left * left;
            counts[part]++;
        }
        var (sum, count) = (0.0, 0);
        for (var part = 0; part < Parts; part++) (sum, count) = (sum + squares[part], count + counts[part]);
        // What was fitted has taken its part of the spread away.
        var freedom = count > 2 * Unknowns ? count / (double)(count - Unknowns) : 2;
        var least = LeastNoise * scale * LeastNoise * scale;
        var variance = Math.Max(least, freedom * sum / Math.Max(1, count));
        SigmaKw = Math.Sqrt(variance);
        for (var part = 0; part < Parts; part++) PartSigmaKw[part] = Math.Sqrt(((freedom * squares[part]) + (PartShrinkage * variance)) / (counts[part] + PartShrinkage));
    }
}
