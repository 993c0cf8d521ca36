using System.Numerics;

namespace MekongTwin.Engines.PowerFlow.Import.Pandapower;

/// <summary>A two-winding transformer as pandapower means it (Thurner and others, IEEE Transactions on Power Systems 33(6), 2018): a T
/// section of short-circuit and no-load figures, half of the leakage on each side, turned into the pi section of a branch.</summary>
internal static class TransformerModel
{
    /// <param name="table">Transformers.</param>
    /// <param name="row">Which.</param>
    /// <param name="baseMva">Base power.</param>
    /// <param name="hvKv">Nominal voltage of the bus at the high-voltage end.</param>
    /// <param name="lvKv">Nominal voltage of the bus at the low-voltage end.</param>
    /// <param name="branches">Where it goes.</param>
    /// <param name="k">Its place there.</param>
    public static void Write(Table table, int row, double baseMva, double hvKv, double lvKv, Branches branches, int k)
    {
        Refuse(table, row);
        var (ratedHv, ratedLv, rated) = (table.Positive(row, "vn_hv_kv"), table.Positive(row, "vn_lv_kv"), table.Positive(row, "sn_mva"));
        var parallel = table.Number(row, "parallel", 1);
        var (tapHv, tapLv, shift) = Tap(table, row, ratedHv, ratedLv);

        var scale = tapLv * tapLv / (lvKv * lvKv) * baseMva / rated / parallel;
        if (!double.IsFinite(scale)) throw table.Wrong(row, "vn_lv_kv", "with its tap, the rating and parallel it gives no impedance that is a number.");
        var impedance = table.Number(row, "vk_percent") / 100 * scale;
        var r = table.Number(row, "vkr_percent") / 100 * scale;
        if (Math.Abs(impedance) < Math.Abs(r) || impedance == 0) throw table.Wrong(row, "vk_percent", "must not be 0, nor less than vkr_percent.");
        var x = Math.Sign(impedance) * Math.Sqrt((impedance * impedance) - (r * r));

        // No-load losses and current at rated voltage, on the base of the low-voltage bus.
        var iron = table.Number(row, "pfe_kw", 0) / 1e3;
        var noLoad = table.Number(row, "i0_percent", 0) / 100 * rated;
        var magnetising = Math.Sqrt(Math.Max(0, (noLoad * noLoad) - (iron * iron)));
        var shunt = new Complex(iron, -magnetising) * (lvKv * lvKv / (tapLv * tapLv) / baseMva * parallel);
        (branches.R[k], branches.X[k], branches.G[k], branches.B[k]) = Pi(new Complex(r, x), shunt);

        branches.Ratio[k] = tapHv / tapLv / (hvKv / lvKv);
        branches.ShiftRad[k] = shift * Math.PI / 180;
        var rating = rated * table.Number(row, "df", 1) * parallel / baseMva;
        (branches.RatingFrom[k], branches.RatingTo[k]) = (rating * hvKv / ratedHv, rating * lvKv / ratedLv);
    }

    /// <summary>Star to triangle: half the leakage before the shunt, half behind.</summary>
    private static (double R, double X, double G, double B) Pi(Complex leakage, Complex shunt)
    {
        if (shunt == Complex.Zero) return (leakage.Real, leakage.Imaginary, 0, 0);
        var half = leakage / 2;
        var series = leakage + (half * half * shunt);
        var end = half * shunt / series;
        return (series.Real, series.Imaginary, 2 * end.Real, 2 * end.Imaginary);
    }

    /// <summary>Rated voltages and phase shift in degrees at the position of the tap changers.</summary>
    private static (double Hv, double Lv, double Shift) Tap(Table table, int row, double hv, double lv)
    {
        var shift = table.Number(row, "shift_degree", 0);
        foreach (var tap in (string[])["tap", "tap2"])
        {
            var steps = table.Number(row, $"{tap}_pos", double.NaN) - table.Number(row, $"{tap}_neutral", double.NaN);
            var (side, percent, degrees) = (table.Text(row, $"{tap}_side"), table.Number(row, $"{tap}_step_percent", 0), table.Number(row, $"{tap}_step_degree", 0));
            if (double.IsNaN(steps) || side is not ("hv" or "lv")) continue;
            var direction = side == "hv" ? 1 : -1;
            var type = table.Has($"{tap}_changer_type") ? table.Text(row, $"{tap}_changer_type") : table.Flag(row, $"{tap}_phase_shifter", false) ? "Ideal" : "Ratio";
            if (type == "Ideal")
            {
                if (percent != 0 && degrees != 0) throw table.Wrong(row, $"{tap}_step_degree", $"an ideal phase shifter has either {tap}_step_degree or {tap}_step_percent.");
                shift += direction * (degrees != 0 ? steps * degrees : 2 * Math.Asin(steps * percent / 100 / 2) * 180 / Math.PI);
            }
            else if (type is "Ratio" or "Symmetrical")
            {
                var voltage = side == "hv" ? hv : lv;
                var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
                var along = voltage + (voltage * steps * percent / 100 * cos);
                var across = voltage * steps * percent / 100 * sin;
                (hv, lv) = side == "hv" ? (Math.Sqrt((along * along) + (across * across)), lv) : (hv, Math.Sqrt((along * along) + (across * across)));
                shift += Math.Atan(direction * across / along) * 180 / Math.PI;
            }
            else if (type.Length > 0)
            {
                throw table.Wrong(row, $"{tap}_changer_type", $"'{type}' is not supported; Ratio, Symmetrical and Ideal are.");
            }
        }
        return (hv, lv, shift);
    }

    private static void Refuse(Table table, int row)
    {
        foreach (var column in (string[])["tap_dependency_table", "tap_dependent_impedance"])
        {
            if (table.Flag(row, column, false)) throw table.Wrong(row, column, "impedances that depend on the tap are not supported.");
        }
        foreach (var column in (string[])["leakage_resistance_ratio_hv", "leakage_reactance_ratio_hv"])
        {
            if (table.Number(row, column, 0.5) != 0.5) throw table.Wrong(row, column, "only a leakage shared half and half (0.5) is supported.");
        }
    }
}
