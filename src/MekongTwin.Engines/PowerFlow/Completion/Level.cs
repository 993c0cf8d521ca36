namespace MekongTwin.Engines.PowerFlow.Completion;

/// <summary>
/// What a feeder's head teaches about any linear figure of its loads, <c>y = Σ aⱼpⱼ + bⱼqⱼ</c>. The figure is told by three sums:
/// with its shares <c>g = (Σ aW, Σ bW)</c>, with its variances <c>l = (Σ aD + bD′, Σ aD′ + bD″)</c>, and <c>Σ a²D + 2abD′ + b²D″</c>.
/// See the room's README.
/// </summary>
internal struct Level
{
    /// <summary>Variance of the level λ, and of μ that reactive power has besides.</summary>
    private readonly double level;
    private readonly double reactive;
    private readonly double shareP;
    private readonly double shareQ;

    /// <summary>Inverse of the variance of (head − losses − Σ expected); 0 for what is not measured.</summary>
    private readonly double inversePP;
    private readonly double inversePQ;
    private readonly double inverseQQ;

    /// <summary>The inverse times what the head says more than expected.</summary>
    private double pullP;
    private double pullQ;

    /// <param name="options">Variances of the levels.</param>
    /// <param name="sums">Over the feeder's loads.</param>
    /// <param name="headP">Variance of the head's active power; infinite when it is not used.</param>
    /// <param name="headQ">Of its reactive power.</param>
    public Level(CompletionOptions options, in EvidenceSums sums, double headP, double headQ)
    {
        (level, reactive) = (options.LevelSd * options.LevelSd, options.ReactiveLevelSd * options.ReactiveLevelSd);
        (shareP, shareQ) = (sums.ShareP, sums.ShareQ);
        var pp = (level * shareP * shareP) + sums.VarianceP + headP;
        var qq = ((level + reactive) * shareQ * shareQ) + sums.VarianceQ + headQ;
        var pq = (level * shareP * shareQ) + sums.CovariancePQ;
        if (!double.IsFinite(headP) || !double.IsFinite(headQ))
        {
            (inversePP, inverseQQ) = (double.IsFinite(headP) && pp > 0 ? 1 / pp : 0, double.IsFinite(headQ) && qq > 0 ? 1 / qq : 0);
            return;
        }
        var determinant = (pp * qq) - (pq * pq);
        if (!(determinant > 0)) return;
        (inversePP, inversePQ, inverseQQ) = (qq / determinant, -pq / determinant, pp / determinant);
    }

    /// <param name="p">Head less losses less what was expected; anything when the head is not used.</param>
    /// <param name="q">The same of reactive power.</param>
    public void Pull(double p, double q)
    {
        if (inversePP == 0) p = 0;
        if (inverseQQ == 0) q = 0;
        (pullP, pullQ) = ((inversePP * p) + (inversePQ * q), (inversePQ * p) + (inverseQQ * q));
    }

    /// <summary>What is to be added to the expected figure.</summary>
    public readonly double Shift(double shareP, double shareQ, double varianceP, double varianceQ)
    {
        var (p, q) = WithHead(shareP, shareQ, varianceP, varianceQ);
        return (p * pullP) + (q * pullQ);
    }

    /// <summary>Variance that is left of the figure.</summary>
    public readonly double Variance(double square, double shareP, double shareQ, double varianceP, double varianceQ)
    {
        var (p, q) = WithHead(shareP, shareQ, varianceP, varianceQ);
        var both = shareP + shareQ;
        var before = square + (level * both * both) + (reactive * shareQ * shareQ);
        return Math.Max(0, before - ((inversePP * p * p) + (2 * inversePQ * p * q) + (inverseQQ * q * q)));
    }

    /// <summary>Covariance of the figure with the sums of active and reactive power.</summary>
    private readonly (double P, double Q) WithHead(double shareP, double shareQ, double varianceP, double varianceQ)
    {
        var common = level * (shareP + shareQ);
        return ((common * this.shareP) + varianceP, ((common + (reactive * shareQ)) * this.shareQ) + varianceQ);
    }
}

/// <summary>Sums over some loads.</summary>
internal struct EvidenceSums
{
    public double P;
    public double Q;
    public double VarianceP;
    public double CovariancePQ;
    public double VarianceQ;
    public double ShareP;
    public double ShareQ;

    public void Add(LoadEvidence loads, int i)
    {
        P += loads.P[i];
        Q += loads.Q[i];
        VarianceP += loads.VarianceP[i];
        CovariancePQ += loads.CovariancePQ[i];
        VarianceQ += loads.VarianceQ[i];
        ShareP += loads.ShareP[i];
        ShareQ += loads.ShareQ[i];
    }

    public void Add(in EvidenceSums other)
    {
        P += other.P;
        Q += other.Q;
        VarianceP += other.VarianceP;
        CovariancePQ += other.CovariancePQ;
        VarianceQ += other.VarianceQ;
        ShareP += other.ShareP;
        ShareQ += other.ShareQ;
    }
}
