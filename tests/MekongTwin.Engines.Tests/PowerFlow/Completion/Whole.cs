using MekongTwin.Engines.PowerFlow.Completion;
using MekongTwin.Engines.PowerFlow.Import.Cities;

namespace MekongTwin.Engines.Tests.PowerFlow.Completion;

/// <summary>The same statistics with whole matrices: active powers of all loads of a feeder first, then reactive ones.</summary>
internal static class Whole
{
    /// <summary>Before the head is looked at, or after: each measurement in turn takes its part away.</summary>
    public static double[,] Covariance(LoadEvidence loads, HeadEvidence heads, bool withHead)
    {
        var (n, options) = (loads.Count, CompletionOptions.Default);
        var (level, reactive) = (options.LevelSd * options.LevelSd, options.ReactiveLevelSd * options.ReactiveLevelSd);
        var matrix = new double[2 * n, 2 * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                matrix[i, j] = level * loads.ShareP[i] * loads.ShareP[j];
                matrix[i, n + j] = matrix[n + j, i] = level * loads.ShareP[i] * loads.ShareQ[j];
                matrix[n + i, n + j] = (level + reactive) * loads.ShareQ[i] * loads.ShareQ[j];
            }
            matrix[i, i] += loads.VarianceP[i];
            matrix[n + i, n + i] += loads.VarianceQ[i];
        }
        for (var i = 0; i < n; i++)
        {
            matrix[i, n + i] += loads.CovariancePQ[i];
            matrix[n + i, i] = matrix[i, n + i];
        }
        if (!withHead) return matrix;
        Take(matrix, 0, n, heads.VarianceP[0]);
        Take(matrix, n, n, heads.VarianceQ[0]);
        return matrix;
    }

    /// <summary>Change of each bus's voltage with each load, by differences at no load.</summary>
    public static double[,] VoltageSlopes(CityGrid grid, double step)
    {
        var n = grid.Transformers.Length;
        var slopes = new double[grid.Network.Buses.Count, 2 * n];
        for (var j = 0; j < 2 * n; j++)
        {
            var (more, less) = (new double[2 * n], new double[2 * n]);
            (more[j], less[j]) = (step, -step);
            var (above, below) = (Truth.Solve(grid, more[..n], more[n..]).Vm, Truth.Solve(grid, less[..n], less[n..]).Vm);
            for (var bus = 0; bus < above.Length; bus++) slopes[bus, j] = (above[bus] - below[bus]) / (2 * step);
        }
        return slopes;
    }

    public static double Deviation(double[,] slopes, int row, double[,] covariance)
    {
        var variance = 0.0;
        for (var i = 0; i < covariance.GetLength(0); i++)
        {
            for (var j = 0; j < covariance.GetLength(0); j++) variance += slopes[row, i] * covariance[i, j] * slopes[row, j];
        }
        return Math.Sqrt(Math.Max(0, variance));
    }

    /// <summary>A measurement of the sum of some, with its variance: <c>C − C·h·hᵀ·C / (hᵀ·C·h + s²)</c>.</summary>
    private static void Take(double[,] matrix, int first, int count, double variance)
    {
        var size = matrix.GetLength(0);
        var with = new double[size];
        for (var i = 0; i < size; i++)
        {
            for (var j = first; j < first + count; j++) with[i] += matrix[i, j];
        }
        for (var j = first; j < first + count; j++) variance += with[j];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++) matrix[i, j] -= with[i] * with[j] / variance;
        }
    }
}
