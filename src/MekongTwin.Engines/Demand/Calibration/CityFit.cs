using MekongTwin.Domain.Assets;

namespace MekongTwin.Engines.Demand.Calibration;

/// <summary>
/// What many loads together say of the classes: the inertia of buildings, each class's slope by heat, rooftop PV and shape of the day. Loads
/// are grouped by their largest class and each is divided by its own mean; a group's mean course has hardly any noise left. In it
/// <c>z(t) = shape + κ·z̄(quarter)·g(Te) + ν·pv(t)</c>; what is left after cooling and PV is averaged by kind of day and quarter, and classes are unmixed from groups.
/// </summary>
internal sealed class CityFit
{
    /// <summary>Fewer loads are no group.</summary>
    private const int LeastLoads = 8;

    /// <summary>Steps at which fewer of a group's loads report than this share of the most are left out: its mix would differ.</summary>
    private const double LeastReporting = 0.5;

    private const int Harmonics = 8;

    /// <summary>Mean, two harmonics of Saturdays and of free days beside the day's own.</summary>
    private const int KindColumns = 5;
    private const int ShapeColumns = 1 + (2 * Harmonics) + (2 * KindColumns);
    private const int Columns = ShapeColumns + 2;

    /// <summary>Deviations about the assumed slope by heat and about no PV, and what a group's course is left unexplained by.</summary>
    private const double SlopeSpread = 0.015;
    private const double PvSpread = 0.3;
    private const double CourseSpread = 0.01;

    /// <summary>Deviation of a class's shape from what is assumed, against the group's own.</summary>
    private const double ShapeSpread = 0.3;
    private const double GroupSpread = 0.02;

    private readonly DemandModel model;
    private readonly Weather weather;
    private readonly (DayKind Kind, int Quarter)[] calendar;
    private readonly double[] pv;
    private readonly double[] shapes;
    private readonly List<LoadGroup> groups = [];

    private CityFit(DemandModel model, Weather weather)
    {
        (this.model, this.weather) = (model, weather);
        calendar = [.. Enumerable.Range(0, weather.Steps).Select(step => Quarters.At(weather.FirstStep, step)).Select(time => (model.Calendar.KindOf(DateOnly.FromDateTime(time)), Quarters.OfDay(time)))];
        pv = [.. Enumerable.Range(0, weather.Steps).Select(step => -model.Pv.KwPerKwp(weather, step, model.Place))];
        shapes = MakeShapes();
    }

    /// <summary>The model with what was learnt, and rooftop PV of each class, kWp for a mean kW.</summary>
    public static (DemandModel Model, double[] KwpPerKw) Of(DemandModel model, Weather weather, LoadHistory history, CustomerMix[] mixes)
    {
        var fit = new CityFit(model, weather);
        for (var c = CustomerClass.Household; c <= CustomerClass.Pumping; c++) if (fit.Gather(c, history, mixes) is { } group) fit.groups.Add(group);
        return fit.Learn();
    }

    private (DemandModel Model, double[] KwpPerKw) Learn()
    {
        var kwp = new double[CustomerProfile.Count];
        if (groups.Count == 0) return (model, kwp);
        var best = (Error: double.PositiveInfinity, Inertia: model.Cooling.Inertia);
        for (var inertia = 0.0; inertia < 0.95; inertia += 0.1)
        {
            var response = (model.Cooling with { Inertia = inertia }).ResponseC(weather);
            var error = groups.Sum(group => group.Weight / group.Squares * Fit(group, response));
            if (error < best.Error) best = (error, inertia);
        }
        var cooling = model.Cooling with { Inertia = best.Inertia };
        var chosen = cooling.ResponseC(weather);
        foreach (var group in groups)
        {
            Fit(group, chosen);
            kwp[(int)group.Class] = Math.Max(0, group.Pv);
        }
        var slopes = (double[])model.Shapes.CoolingPerC.Clone();
        double[][] mixing = [.. groups.Select(static group => group.Share)];
        Unmix(mixing, [.. groups.Select(static group => group.SlopePerC)], slopes, SlopeSpread, SlopeSpread / 10);
        for (var c = 0; c < slopes.Length; c++) slopes[c] = model.Shapes.CoolingPerC[c] == 0 ? 0 : Math.Max(0, slopes[c]);
        return (model with { Cooling = cooling, Shapes = new(Shapes(chosen, mixing), slopes) }, kwp);
    }

    /// <summary>A group's mean course and how many loads it has at each step, or null where it is too small.</summary>
    private LoadGroup? Gather(CustomerClass customers, LoadHistory history, CustomerMix[] mixes)
    {
        var group = new LoadGroup(customers, history.Steps, Columns);
        for (var load = 0; load < history.Loads; load++)
        {
            if (mixes[load].Largest != customers) continue;
            var kw = history.Of(load);
            var (sum, count) = (0.0, 0);
            foreach (var value in kw)
            {
                if (double.IsNaN(value)) continue;
                sum += value;
                count++;
            }
            if (count < Quarters.ADay || sum <= 0) continue;
            var mean = sum / count;
            group.Loads++;
            group.Weight += mean;
            for (var c = 0; c < group.Share.Length; c++) group.Share[c] += mixes[load].Share[c];
            for (var step = 0; step < kw.Length; step++)
            {
                // A spike is no course: beyond four times its mean a load is left out of the step.
                if (double.IsNaN(kw[step]) || Math.Abs(kw[step]) > 4 * mean) continue;
                group.Course[step] += kw[step] / mean;
                group.Reporting[step]++;
            }
        }
        if (group.Loads < LeastLoads) return null;
        var least = LeastReporting * group.Reporting.Max();
        for (var step = 0; step < history.Steps; step++) group.Course[step] = group.Reporting[step] >= least ? group.Course[step] / group.Reporting[step] : double.NaN;
        for (var c = 0; c < group.Share.Length; c++) group.Share[c] /= group.Loads;
        for (var quarter = 0; quarter < Quarters.ADay; quarter++) group.Mean[quarter] = MeanOf(group, quarter);
        Sum(group);
        return group;
    }

    /// <summary>The new year's holidays are like no other days: they only give their own shape.</summary>
    private bool IsOrdinary(LoadGroup group, int step) => !double.IsNaN(group.Course[step]) && calendar[step].Kind != DayKind.NewYear;

    private double MeanOf(LoadGroup group, int quarter)
    {
        var (sum, count) = (0.0, 0);
        for (var step = 0; step < group.Course.Length; step++)
        {
            if (calendar[step].Quarter != quarter || !IsOrdinary(group, step)) continue;
            sum += group.Course[step];
            count++;
        }
        return count == 0 ? 1 : sum / count;
    }

    /// <summary>Least squares of a group's course; answers with the sum of squares that is left.</summary>
    private double Fit(LoadGroup group, double[] response)
    {
        const int Last = Columns - 1;
        var assumed = 0.0;
        for (var c = 0; c < group.Share.Length; c++) assumed += group.Share[c] * model.Shapes.CoolingPerC[c];
        var mean = response.Average();
        var (gram, moment) = (group.Gram, group.Moment);
        Array.Clear(gram, Last * Columns, Columns);
        moment[Last] = 0;
        for (var step = 0; step < response.Length; step++)
        {
            if (!IsOrdinary(group, step)) continue;
            var heat = group.Mean[calendar[step].Quarter] * response[step];
            for (var j = 0; j < ShapeColumns; j++) gram[(Last * Columns) + j] += heat * shapes[(step * ShapeColumns) + j];
            gram[(Last * Columns) + ShapeColumns] += heat * pv[step];
            gram[(Last * Columns) + Last] += heat * heat;
            moment[Last] += heat * group.Course[step];
        }
        // The slope of z̄·g is of the load with cooling, κ of the load without.
        var (a, b) = ((double[])gram.Clone(), (double[])moment.Clone());
        var prior = assumed / (1 + (assumed * mean));
        var precision = CourseSpread * CourseSpread / (SlopeSpread * SlopeSpread);
        for (var j = 0; j < ShapeColumns; j++) a[(j * Columns) + j] += 1e-6;
        a[(ShapeColumns * Columns) + ShapeColumns] += CourseSpread * CourseSpread / (PvSpread * PvSpread);
        a[(Last * Columns) + Last] += precision;
        b[Last] += precision * prior;
        if (!Ridge.Solve(a, b)) return double.PositiveInfinity;
        group.SlopePerC = b[Last] / Math.Max(0.2, 1 - (b[Last] * mean));
        group.Pv = b[ShapeColumns];
        var left = group.Squares;
        for (var i = 0; i < Columns; i++)
        {
            left -= 2 * b[i] * moment[i];
            for (var j = 0; j <= i; j++) left += (i == j ? 1 : 2) * b[i] * b[j] * gram[(i * Columns) + j];
        }
        return left;
    }

    /// <summary>The sums of everything but heat, which does not depend on the inertia.</summary>
    private void Sum(LoadGroup group)
    {
        Span<double> row = stackalloc double[ShapeColumns + 1];
        for (var step = 0; step < pv.Length; step++)
        {
            if (!IsOrdinary(group, step)) continue;
            var course = group.Course[step];
            shapes.AsSpan(step * ShapeColumns, ShapeColumns).CopyTo(row);
            row[ShapeColumns] = pv[step];
            for (var i = 0; i < row.Length; i++)
            {
                group.Moment[i] += row[i] * course;
                for (var j = 0; j <= i; j++) group.Gram[(i * Columns) + j] += row[i] * row[j];
            }
            group.Squares += course * course;
        }
    }

    /// <summary>What a course is made of but for heat and PV, at every step.</summary>
    private double[] MakeShapes()
    {
        var made = new double[calendar.Length * ShapeColumns];
        for (var step = 0; step < calendar.Length; step++)
        {
            var (kind, quarter) = calendar[step];
            var row = made.AsSpan(step * ShapeColumns, ShapeColumns);
            row[0] = 1;
            for (var wave = 0; wave < 2 * Harmonics; wave++) row[1 + wave] = Factor.Wave(wave, 2 * Math.PI * quarter / Quarters.ADay);
            const int Daily = 1 + (2 * Harmonics);
            if (kind == DayKind.Saturday) row[..KindColumns].CopyTo(row[Daily..]);
            else if (kind == DayKind.Free) row[..KindColumns].CopyTo(row[(Daily + KindColumns)..]);
        }
        return made;
    }

    /// <summary>Shapes of the classes on each kind of day: what the groups' courses are without cooling and PV, where such a day was seen.</summary>
    private double[] Shapes(double[] response, double[][] mixing)
    {
        var learnt = new double[CustomerProfile.Count * ClassShapes.Kinds * Quarters.ADay];
        var assumed = new double[CustomerProfile.Count];
        for (var kind = 0; kind < ClassShapes.Kinds; kind++)
        {
            for (var quarter = 0; quarter < Quarters.ADay; quarter++)
            {
                for (var c = 0; c < assumed.Length; c++) assumed[c] = model.Shapes.At((CustomerClass)c, (DayKind)kind, quarter);
                Unmix(mixing, [.. groups.Select(group => Still(group, kind, quarter, response))], assumed, ShapeSpread, GroupSpread);
                for (var c = 0; c < assumed.Length; c++) learnt[ClassShapes.Index(c, kind, quarter)] = Math.Max(0, assumed[c]);
            }
        }
        for (var c = 0; c < assumed.Length; c++)
        {
            var all = learnt.AsSpan(ClassShapes.Index(c, 0, 0), ClassShapes.Kinds * Quarters.ADay);
            var mean = 0.0;
            foreach (var value in all[..Quarters.ADay]) mean += value / Quarters.ADay;
            if (mean > 0) foreach (ref var value in all) value /= mean;
        }
        return learnt;
    }

    /// <summary>A group's course without cooling and PV on a kind of day at a quarter, against its own working days; NaN where none was seen.</summary>
    private double Still(LoadGroup group, int kind, int quarter, double[] response)
    {
        group.Still ??= StillCourse(group, response);
        return group.Still[(kind * Quarters.ADay) + quarter];
    }

    private double[] StillCourse(LoadGroup group, double[] response)
    {
        var (sums, counts) = (new double[ClassShapes.Kinds * Quarters.ADay], new int[ClassShapes.Kinds * Quarters.ADay]);
        for (var step = 0; step < response.Length; step++)
        {
            if (double.IsNaN(group.Course[step])) continue;
            var at = ((int)calendar[step].Kind * Quarters.ADay) + calendar[step].Quarter;
            sums[at] += (group.Course[step] - (group.Pv * pv[step])) / (1 + (group.SlopePerC * response[step]));
            counts[at]++;
        }
        for (var at = 0; at < sums.Length; at++) sums[at] = counts[at] == 0 ? double.NaN : sums[at] / counts[at];
        // Meters that report every half hour leave out every other quarter: it lies between its neighbours.
        var still = (double[])sums.Clone();
        for (var at = 0; at < still.Length; at++)
        {
            if (!double.IsNaN(still[at])) continue;
            var (kind, quarter) = Math.DivRem(at, Quarters.ADay);
            var neighbours = (sums[(kind * Quarters.ADay) + ((quarter + 1) % Quarters.ADay)] + sums[(kind * Quarters.ADay) + ((quarter + Quarters.ADay - 1) % Quarters.ADay)]) / 2;
            still[at] = neighbours;
        }
        var workday = still.AsSpan(0, Quarters.ADay);
        var (mean, seen) = (0.0, 0);
        foreach (var value in workday)
        {
            if (double.IsNaN(value)) continue;
            mean += value;
            seen++;
        }
        if (seen > 0 && mean > 0) for (var at = 0; at < still.Length; at++) still[at] *= seen / mean;
        return still;
    }

    /// <summary>What the classes are when groups, which mix them, are so: least squares about what is assumed.</summary>
    private static void Unmix(double[][] mixing, double[] ofGroups, double[] assumed, double spread, double noise)
    {
        var n = assumed.Length;
        var (a, b) = (new double[n * n], new double[n]);
        for (var c = 0; c < n; c++) a[(c * n) + c] = 1 / (spread * spread);
        for (var g = 0; g < mixing.Length; g++)
        {
            if (double.IsNaN(ofGroups[g])) continue;
            var left = ofGroups[g];
            for (var c = 0; c < n; c++) left -= mixing[g][c] * assumed[c];
            for (var i = 0; i < n; i++)
            {
                b[i] += mixing[g][i] * left / (noise * noise);
                for (var j = 0; j <= i; j++) a[(i * n) + j] += mixing[g][i] * mixing[g][j] / (noise * noise);
            }
        }
        if (!Ridge.Solve(a, b)) return;
        for (var c = 0; c < n; c++) assumed[c] += b[c];
    }
}
