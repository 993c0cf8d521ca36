namespace MekongTwin.Engines.Demand;

/// <summary>Temperature of photovoltaic cells, °C, from plane irradiance, W/m², air temperature, °C, and wind, m/s. Each is the published model of that name.</summary>
public static class CellTemperature
{
    private const double KelvinAtZero = 273.15;

    /// <summary>Faiman (2008): heat is lost in proportion, u0 in W/(m²·K) and u1 in W·s/(m³·K).</summary>
    public static double Faiman(double poaWm2, double airC, double windMs, double u0 = 25, double u1 = 6.84) => airC + (poaWm2 / (u0 + (u1 * windMs)));

    /// <summary>PVsyst: a balance with the share of light that is absorbed and turned into power.</summary>
    public static double PvSyst(double poaWm2, double airC, double windMs, double uc = 29, double uv = 0, double efficiency = 0.1, double absorption = 0.9) =>
        airC + (poaWm2 * absorption * (1 - efficiency) / (uc + (uv * windMs)));

    /// <summary>Sandia (King, Boyson and Kratochvil, 2004); the coefficients are those of glass on both sides on an open rack.</summary>
    public static double Sapm(double poaWm2, double airC, double windMs, double a = -3.47, double b = -0.0594, double deltaC = 3) =>
        airC + (poaWm2 * Math.Exp(a + (b * windMs))) + (poaWm2 / 1000 * deltaC);

    /// <summary>System Advisor Model's form of the nominal operating cell temperature (Gilman, 2018), one storey high, open rack.</summary>
    public static double NoctSam(double poaWm2, double airC, double windMs, double noctC, double efficiency, double transmittanceAbsorptance = 0.9) =>
        airC + (poaWm2 / 800 * (noctC - 20) * (1 - (efficiency / transmittanceAbsorptance)) * (9.5 / (5.7 + (3.8 * 0.51 * windMs))));

    /// <summary>
    /// Fuentes (SAND85-0330, 1987), which PVWatts uses: a module with a heat capacity between wind, sky and ground. Steps of equal length
    /// in seconds; the module begins at 20 °C in the dark.
    /// </summary>
    public static double[] Fuentes(ReadOnlySpan<double> poaWm2, ReadOnlySpan<double> airC, ReadOnlySpan<double> windMs, double installedNoctC, double stepSeconds, double tiltDegrees = 30)
    {
        var module = new FuentesModule(installedNoctC, tiltDegrees);
        var cells = new double[poaWm2.Length];
        for (var i = 0; i < cells.Length; i++) cells[i] = module.Next(poaWm2[i], airC[i], windMs[i], stepSeconds);
        return cells;
    }

    /// <summary>The module of Fuentes' report, in kelvin.</summary>
    private sealed class FuentesModule
    {
        private const double StefanBoltzmann = 5.669e-8;
        private const double Emissivity = 0.84;
        private const double Absorptance = 0.83;

        /// <summary>Hydraulic diameter of a module, m.</summary>
        private const double LengthM = 0.5;

        /// <summary>The standard conditions of the nominal temperature: 800 W/m², air at 20 °C, 1 m/s, sky at 9.06 °C.</summary>
        private const double StandardWm2 = 800;
        private const double StandardK = 293.15;
        private const double StandardSkyK = 282.21;

        private const double PrandtlAir = 0.71;
        private const double HeatOfAir = 1007;
        private const double TurbulentReynolds = 1.2e5;

        /// <summary>Wind is told at 9.144 m, modules are taken to stand 5 m high.</summary>
        private static readonly double WindShare = Math.Pow(5 / 9.144, 0.2);

        private readonly double capacity;
        private readonly double groundShare;
        private readonly double convectionShare;
        private readonly double sineTilt;
        private double moduleK = StandardK;
        private double absorbed;

        public FuentesModule(double installedNoctC, double tiltDegrees)
        {
            sineTilt = Math.Sin(tiltDegrees * Math.PI / 180);
            var noct = installedNoctC + KelvinAtZero;
            var rise = noct - StandardK;
            var convection = Convection(noct, StandardK, 1, 0.5, false);
            var radiation = Emissivity * StefanBoltzmann * (Square(noct) + Square(StandardK)) * (noct + StandardK);
            var backToFront = ((Absorptance * StandardWm2) - (Emissivity * StefanBoltzmann * (Fourth(noct) - Fourth(StandardSkyK))) - (convection * rise)) / ((radiation + convection) * rise);
            var groundK = Math.Clamp(Math.Pow(Fourth(noct) - (backToFront * (Fourth(noct) - Fourth(StandardK))), 0.25), StandardK, noct);
            groundShare = (groundK - StandardK) / rise;
            convectionShare = ((Absorptance * StandardWm2) - (Emissivity * StefanBoltzmann * ((2 * Fourth(noct)) - Fourth(StandardSkyK) - Fourth(groundK)))) / (convection * rise);
            capacity = 11_000 * (noct > 321.15 ? 1 + ((noct - 321.15) / 12) : 1);
        }

        public double Next(double poaWm2, double airC, double windMs, double seconds)
        {
            var air = airC + KelvinAtZero;
            var sky = (0.68 * 0.0552 * Math.Pow(air, 1.5)) + (0.32 * air);
            var sun = Absorptance * poaWm2;
            var wind = (windMs * WindShare) + 1e-4;
            var now = moduleK;
            for (var pass = 0; pass < 10; pass++)
            {
                var convection = convectionShare * Convection(now, air, wind, sineTilt, true);
                var toSky = Emissivity * StefanBoltzmann * (Square(now) + Square(sky)) * (now + sky);
                var groundK = air + (groundShare * (now - air));
                var toGround = Emissivity * StefanBoltzmann * (Square(now) + Square(groundK)) * (now + groundK);
                var losses = convection + toSky + toGround;
                // The sun goes straight from the last value to this one within the step.
                var decay = -losses / capacity * seconds;
                var kept = decay > -10 ? Math.Exp(decay) : 0;
                now = (moduleK * kept) + (((1 - kept) * ((convection * air) + (toSky * sky) + (toGround * groundK) + absorbed + ((sun - absorbed) / decay))) + sun - absorbed) / losses;
            }
            (moduleK, absorbed) = (now, sun);
            return now - KelvinAtZero;
        }

        /// <summary>Forced and free convection together, W/(m²·K).</summary>
        private static double Convection(double moduleK, double airK, double windMs, double sineTilt, bool mayBeTurbulent)
        {
            var mean = (moduleK + airK) / 2;
            var density = 0.003484 * 101_325 / mean;
            var viscosity = 0.24237e-6 * Math.Pow(mean, 0.76) / density;
            var conduction = 2.1695e-4 * Math.Pow(mean, 0.84);
            var reynolds = windMs * LengthM / viscosity;
            var forced = mayBeTurbulent && reynolds > TurbulentReynolds
                ? 0.0282 / Math.Pow(reynolds, 0.2) * density * windMs * HeatOfAir / Math.Pow(PrandtlAir, 0.4)
                : 0.86 / Math.Sqrt(reynolds) * density * windMs * HeatOfAir / Math.Pow(PrandtlAir, 0.67);
            var grashof = 9.8 / mean * Math.Abs(moduleK - airK) * Math.Pow(LengthM, 3) / Square(viscosity) * sineTilt;
            var free = 0.21 * Math.Pow(grashof * PrandtlAir, 0.32) * conduction / LengthM;
            return Math.Cbrt(Math.Pow(free, 3) + Math.Pow(forced, 3));
        }

        private static double Square(double value) => value * value;

        private static double Fourth(double value) => Square(Square(value));
    }
}
