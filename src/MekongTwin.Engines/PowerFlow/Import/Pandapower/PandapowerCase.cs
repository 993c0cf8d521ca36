using System.Text.Json;

namespace MekongTwin.Engines.PowerFlow.Import.Pandapower;

/// <summary>Reads nets that pandapower wrote with <c>to_json</c>, versions 2 and 3: bus, line, trafo, impedance, switch, load,
/// asymmetric_load (by its sum), sgen, asymmetric_sgen, storage, motor, ward, shunt, gen and ext_grid become a network, other elements
/// in service are refused by name. Every phase shift counts, as with <c>calculate_voltage_angles=True</c>; transformers are T sections;
/// loading goes by current.</summary>
public static class PandapowerCase
{
    private static readonly string[] Unsupported = ["trafo3w", "xward", "dcline", "svc", "ssc", "tcsc", "vsc", "bus_dc", "line_dc", "source_dc", "load_dc", "b2b_vsc", "bi_vsc"];

    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">What is in it.</param>
    /// <exception cref="ImportException">The file is wrong or not supported; the message names file, line of the table, row and column.</exception>
    public static ImportedCase Read(string file, string text)
    {
        try
        {
            return new Reader(new PandapowerFile(file, text)).Read();
        }
        catch (InvalidOperationException e) when (e.TargetSite?.Module == typeof(JsonElement).Module)
        {
            // Half a surrogate pair, written as an escape, is valid JSON and no text.
            throw new ImportException(file, 1, "", "a text in it is no valid Unicode.");
        }
    }

    private sealed class Reader
    {
        private readonly PandapowerFile file;
        private readonly double baseMva;
        private readonly Table bus;
        private readonly Joints joints;
        private readonly double[] nominalKv;
        private readonly List<string> notes = [];

        public Reader(PandapowerFile file)
        {
            this.file = file;
            foreach (var name in Unsupported) Refuse(name);
            baseMva = file.Number("sn_mva");
            bus = file.Find("bus") ?? throw new ImportException(file.Name, file.LineOf("bus"), "bus", "there is no bus.");
            joints = new Joints(bus, file.Find("switch"));
            nominalKv = [.. Enumerable.Range(0, bus.Count).Select(row => bus.Positive(row, "vn_kv"))];
        }

        public ImportedCase Read()
        {
            var branches = ReadBranches();
            var count = joints.Count + joints.OpenEnds.Count;
            var (buses, loads) = (new Buses(count), new Loads(count));
            PlaceBuses(buses);
            ReadLoads(loads);
            ReadShunts(buses);
            var generators = ReadGenerators(buses);
            StartAngles.Place(buses, branches);
            try
            {
                var network = new Network(baseMva, buses, loads, branches, generators, LoadingBy.Current);
                return new ImportedCase(file.Text("name") is { Length: > 0 } name ? name : Path.GetFileNameWithoutExtension(file.Name), network, notes)
                {
                    Rows = [.. Enumerable.Range(0, bus.Count).Select(row => new BusRow(bus.Index[row], joints.IndexOfRow(row), joints.IsInService(row)))],
                };
            }
            catch (NetworkException e)
            {
                throw new ImportException(file.Name, file.LineOf("bus"), "", e.Message);
            }
        }

        private void Refuse(string name)
        {
            var table = file.Find(name);
            for (var row = 0; table is not null && row < table.Count; row++)
            {
                if (table.Flag(row, "in_service", true)) throw table.Wrong(row, "in_service", $"elements of the table {name} are not supported; take it out of service to go on without it.");
            }
        }

        private void PlaceBuses(Buses buses)
        {
            for (var i = 0; i < joints.Count; i++)
            {
                var row = joints.Rows[i];
                (buses.Number[i], buses.NominalKv[i]) = (bus.Index[row], nominalKv[row]);
                if (!joints.IsInService(row)) buses.Type[i] = BusType.Isolated;
            }
            // Numbers beyond the net's own.
            var next = bus.Index.Max() + 1;
            for (var e = 0; e < joints.OpenEnds.Count; e++)
            {
                var row = joints.OpenEnds[e];
                (buses.Number[joints.Count + e], buses.NominalKv[joints.Count + e]) = (next + e, nominalKv[row]);
            }
            if (joints.OpenEnds.Count > 0) notes.Add($"{file.Name}:{file.LineOf("switch")}: {joints.OpenEnds.Count} ends of branches in service are open (a switch, or a bus out of service): they are the buses from {next} to {next + joints.OpenEnds.Count - 1}.");
        }

        private Branches ReadBranches()
        {
            var (line, trafo, impedance, switches) = (file.Find("line"), file.Find("trafo"), file.Find("impedance"), file.Find("switch"));
            var branches = new Branches((line?.Count ?? 0) + (trafo?.Count ?? 0) + (impedance?.Count ?? 0) + joints.WithImpedance.Count);
            var k = 0;
            for (var row = 0; row < (line?.Count ?? 0); row++, k++) WriteLine(line!, row, branches, k);
            for (var row = 0; row < (trafo?.Count ?? 0); row++, k++)
            {
                var (hv, lv) = Connect(trafo!, row, "hv_bus", "lv_bus", "t", branches, k);
                TransformerModel.Write(trafo!, row, baseMva, nominalKv[hv], nominalKv[lv], branches, k);
            }
            for (var row = 0; row < (impedance?.Count ?? 0); row++, k++) WriteImpedance(impedance!, row, branches, k);
            foreach (var row in joints.WithImpedance)
            {
                // pandapower's ratio of resistance to reactance in a switch.
                const double RxRatio = 2;
                (branches.From[k], branches.To[k]) = (joints.IndexOf(switches!, row, "bus"), joints.IndexOf(switches!, row, "element"));
                var kv = nominalKv[joints.RowOf(switches!, row, "bus")];
                var z = switches!.Number(row, "z_ohm") / (kv * kv / baseMva) / Math.Sqrt(1 + (RxRatio * RxRatio));
                (branches.R[k], branches.X[k]) = (z * RxRatio, z);
                branches.InService[k] = branches.From[k] != branches.To[k];
                if (!branches.InService[k]) throw switches.Wrong(row, "element", "the switch with an impedance joins two buses that are one already.");
                k++;
            }
            return branches;
        }

        /// <summary>Sets the ends; gives the rows of the buses there.</summary>
        private (int From, int To) Connect(Table table, int row, string from, string to, string kind, Branches branches, int k)
        {
            var (fromRow, toRow) = (joints.RowOf(table, row, from), joints.RowOf(table, row, to));
            branches.InService[k] = table.Flag(row, "in_service", true) && (joints.IsInService(fromRow) || joints.IsInService(toRow));
            if (branches.InService[k]) (branches.From[k], branches.To[k]) = (joints.EndOf(table, row, from, kind), joints.EndOf(table, row, to, kind));
            else (branches.From[k], branches.To[k]) = (joints.IndexOfRow(fromRow), joints.IndexOfRow(toRow));
            if (branches.From[k] == branches.To[k]) throw table.Wrong(row, to, "both ends are one bus, joined by closed switches.");
            return (fromRow, toRow);
        }

        private void WriteLine(Table line, int row, Branches branches, int k)
        {
            var (from, to) = Connect(line, row, "from_bus", "to_bus", "l", branches, k);
            var (length, parallel, kv) = (line.Positive(row, "length_km"), line.Positive(row, "parallel"), nominalKv[from]);
            var baseOhm = kv * kv / baseMva;
            branches.R[k] = line.Number(row, "r_ohm_per_km") * length / parallel / baseOhm;
            branches.X[k] = line.Number(row, "x_ohm_per_km") * length / parallel / baseOhm;
            branches.B[k] = 2 * Math.PI * file.Number("f_hz") * line.Number(row, "c_nf_per_km", 0) * 1e-9 * length * parallel * baseOhm;
            branches.G[k] = line.Number(row, "g_us_per_km", 0) * 1e-6 * length * parallel * baseOhm;
            var limit = line.Number(row, "max_i_ka", 0) * line.Number(row, "df", 1) * parallel * Math.Sqrt(3) / baseMva;
            (branches.RatingFrom[k], branches.RatingTo[k]) = (limit * kv, limit * nominalKv[to]);
        }

        private void WriteImpedance(Table impedance, int row, Branches branches, int k)
        {
            Connect(impedance, row, "from_bus", "to_bus", "i", branches, k);
            foreach (var (there, back) in ((string, string)[])[("rft_pu", "rtf_pu"), ("xft_pu", "xtf_pu"), ("gf_pu", "gt_pu"), ("bf_pu", "bt_pu")])
            {
                if (impedance.Number(row, there, 0) != impedance.Number(row, back, 0)) throw impedance.Wrong(row, back, $"differs from {there}; only impedances alike from both ends are supported.");
            }
            var (rated, scale) = (impedance.Positive(row, "sn_mva"), baseMva / impedance.Positive(row, "sn_mva"));
            (branches.R[k], branches.X[k]) = (impedance.Number(row, "rft_pu") * scale, impedance.Number(row, "xft_pu") * scale);
            (branches.G[k], branches.B[k]) = (2 * impedance.Number(row, "gf_pu", 0) / scale, 2 * impedance.Number(row, "bf_pu", 0) / scale);
            branches.RatingFrom[k] = branches.RatingTo[k] = rated / baseMva;
        }

        private void ReadLoads(Loads loads)
        {
            Each("load", (table, row, at, scaling) =>
            {
                var (p, q) = (table.Number(row, "p_mw") * scaling, table.Number(row, "q_mvar", 0) * scaling);
                // One share for both powers until version 2, one for each since.
                double Share(string kind, string power) => table.Number(row, $"const_{kind}_{power}_percent", table.Number(row, $"const_{kind}_percent", 0)) / 100;
                var (zp, ip, zq, iq) = (Share("z", "p"), Share("i", "p"), Share("z", "q"), Share("i", "q"));
                loads.PowerP[at] += p * (1 - zp - ip);
                loads.PowerQ[at] += q * (1 - zq - iq);
                (loads.CurrentP[at], loads.CurrentQ[at]) = (loads.CurrentP[at] + (p * ip), loads.CurrentQ[at] + (q * iq));
                (loads.ImpedanceP[at], loads.ImpedanceQ[at]) = (loads.ImpedanceP[at] + (p * zp), loads.ImpedanceQ[at] + (q * zq));
            });
            foreach (var (name, sign) in ((string, int)[])[("sgen", -1), ("storage", 1)])
            {
                Each(name, (table, row, at, scaling) =>
                {
                    loads.PowerP[at] += sign * table.Number(row, "p_mw") * scaling;
                    loads.PowerQ[at] += sign * table.Number(row, "q_mvar", 0) * scaling;
                });
            }
            foreach (var (name, sign) in ((string, int)[])[("asymmetric_load", 1), ("asymmetric_sgen", -1)])
            {
                Each(name, (table, row, at, scaling) =>
                {
                    foreach (var phase in (string[])["a", "b", "c"])
                    {
                        loads.PowerP[at] += sign * table.Number(row, $"p_{phase}_mw", 0) * scaling;
                        loads.PowerQ[at] += sign * table.Number(row, $"q_{phase}_mvar", 0) * scaling;
                    }
                });
            }
            Each("motor", (table, row, at, scaling) =>
            {
                var p = table.Number(row, "pn_mech_mw") / table.Positive(row, "efficiency_percent") * table.Number(row, "loading_percent", 100) * scaling;
                var cosine = table.Positive(row, "cos_phi");
                (loads.PowerP[at], loads.PowerQ[at]) = (loads.PowerP[at] + p, loads.PowerQ[at] + (p / cosine * Math.Sqrt(Math.Max(0, 1 - (cosine * cosine)))));
            });
            Each("ward", (table, row, at, _) =>
            {
                (loads.PowerP[at], loads.PowerQ[at]) = (loads.PowerP[at] + (table.Number(row, "ps_mw") / baseMva), loads.PowerQ[at] + (table.Number(row, "qs_mvar") / baseMva));
                (loads.ImpedanceP[at], loads.ImpedanceQ[at]) = (loads.ImpedanceP[at] + (table.Number(row, "pz_mw") / baseMva), loads.ImpedanceQ[at] + (table.Number(row, "qz_mvar") / baseMva));
            });
        }

        private void ReadShunts(Buses buses) => Each("shunt", (table, row, at, _) =>
        {
            if (table.Flag(row, "step_dependency_table", false)) throw table.Wrong(row, "step_dependency_table", "shunts by a table of steps are not supported.");
            var kv = nominalKv[joints.RowOf(table, row, "bus")] / table.Number(row, "vn_kv", nominalKv[joints.RowOf(table, row, "bus")]);
            var scale = table.Number(row, "step", 1) * kv * kv / baseMva;
            buses.ShuntG[at] += table.Number(row, "p_mw") * scale;
            buses.ShuntB[at] -= table.Number(row, "q_mvar") * scale;
        });

        /// <summary>External grids come last: where one shares a bus with generators its voltage counts.</summary>
        private Generators ReadGenerators(Buses buses)
        {
            var (gen, grid) = (file.Find("gen"), file.Find("ext_grid"));
            var generators = new Generators((gen?.Count ?? 0) + (grid?.Count ?? 0));
            for (var g = 0; g < (gen?.Count ?? 0); g++)
            {
                generators.P[g] = gen!.Number(g, "p_mw") * gen.Number(g, "scaling", 1) / baseMva;
                generators.MinQ[g] = gen.Number(g, "min_q_mvar", double.NegativeInfinity) / baseMva;
                generators.MaxQ[g] = gen.Number(g, "max_q_mvar", double.PositiveInfinity) / baseMva;
                Hold(gen, g, generators, g, buses, gen.Flag(g, "slack", false) ? BusType.Slack : BusType.PV);
            }
            for (var e = 0; e < (grid?.Count ?? 0); e++)
            {
                var g = (gen?.Count ?? 0) + e;
                Hold(grid!, e, generators, g, buses, BusType.Slack);
                if (generators.InService[g]) buses.StartVa[generators.Bus[g]] = grid!.Number(e, "va_degree", 0) * Math.PI / 180;
            }
            if (Array.IndexOf(buses.Type, BusType.Slack) < 0) throw new ImportException(file.Name, file.LineOf("ext_grid"), "ext_grid", "no ext_grid and no gen with slack=true is in service: nothing holds the voltage.");
            return generators;
        }

        private void Hold(Table table, int row, Generators generators, int g, Buses buses, BusType type)
        {
            var at = joints.RowOf(table, row, "bus");
            generators.Bus[g] = joints.IndexOfRow(at);
            generators.InService[g] = table.Flag(row, "in_service", true) && joints.IsInService(at);
            if (!generators.InService[g]) return;
            generators.SetVm[g] = table.Positive(row, "vm_pu");
            if (buses.Type[generators.Bus[g]] != BusType.Slack) buses.Type[generators.Bus[g]] = type;
        }

        /// <summary>Every element of a table that is in service, at the network's bus, with its scaling over the base power.</summary>
        private void Each(string name, Action<Table, int, int, double> add)
        {
            var table = file.Find(name);
            for (var row = 0; table is not null && row < table.Count; row++)
            {
                var at = joints.RowOf(table, row, "bus");
                if (table.Flag(row, "in_service", true) && joints.IsInService(at)) add(table, row, joints.IndexOfRow(at), table.Number(row, "scaling", 1) / baseMva);
            }
        }
    }
}
