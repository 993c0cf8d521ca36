using System.Text.Json;
using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Tests;

public sealed class CityFolderTests
{
    public static TheoryData<string> Pilots => ["vn-dad", "th-kkn", "kh-pnh", "la-vte", "mm-mdy"];

    private static readonly string[] Districts = ["hai-chau", "thanh-khe", "son-tra", "ngu-hanh-son", "lien-chieu", "cam-le", "hoa-vang"];

    [Fact]
    public void DistrictsAreTheSevenOfTheCensusAndSumToTheCity()
    {
        var features = DistrictProperties();
        Assert.Equal(Districts.Order(), features.Select(feature => feature.GetProperty("id").GetString()!).Order());
        Assert.Equal(1_134_310, features.Sum(feature => feature.GetProperty("population").GetInt32()));
        Assert.Equal(1_134_310, Pilot.Folder.City.Population);
    }

    [Fact]
    public void DistrictOutlinesAreClosedAndCounterClockwise()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Pilot.Directory, "districts", "until-2025-06.geojson")));
        foreach (var feature in file.RootElement.GetProperty("features").EnumerateArray())
        {
            var ring = feature.GetProperty("geometry").GetProperty("coordinates")[0].EnumerateArray().Select(p => (X: p[0].GetDouble(), Y: p[1].GetDouble())).ToList();
            Assert.Equal(ring[0], ring[^1]);
            Assert.True(ring.Zip(ring.Skip(1)).Sum(pair => pair.First.X * pair.Second.Y - pair.Second.X * pair.First.Y) > 0, feature.ToString());
        }
    }

    [Fact]
    public void EveryReferenceOfTheGridResolves()
    {
        var grid = Pilot.Folder.Grid;
        var network = new NetworkModel(grid);
        Assert.All(grid.Substations, substation => Assert.Contains(substation.District, Districts));
        var substations = grid.Substations.Select(substation => substation.Id).ToHashSet();
        Assert.All(grid.Feeders, feeder => Assert.Contains(feeder.Substation, substations));
        Assert.All(grid.Transformers, transformer =>
        {
            Assert.InRange(network.FeederOf(network.NodeOf(transformer)), 0, grid.Feeders.Count - 1);
            Assert.StartsWith(transformer.District + "/tx/", transformer.Id, StringComparison.Ordinal);
            Assert.Contains(transformer.District, Districts);
            Assert.NotEmpty(transformer.Customers!.ByClass);
        });
    }

    /// <summary>What the pilot is meant to be (the folder's README): its sizes are assumed after public totals.</summary>
    [Fact]
    public void TheGridHasTheSizeOfARealOne()
    {
        var grid = Pilot.Folder.Grid;
        var network = new NetworkModel(grid);
        var receiving = grid.Substations.Where(substation => substation.Customers is null).ToList();
        Assert.InRange(receiving.Count, 12, 14);
        Assert.All(receiving, substation => Assert.Contains(substation.RatingKva, new[] { 80_000.0, 126_000 }));
        Assert.All(grid.Feeders.CountBy(feeder => feeder.Substation), pair => Assert.InRange(pair.Value, 8, 10));
        Assert.InRange(grid.Feeders.Count, 110, 130);
        Assert.All(grid.Feeders, feeder => Assert.InRange(feeder.RatingKva / (Math.Sqrt(3) * feeder.Kv), 399, 501));
        Assert.InRange(grid.Transformers.Count, 3_900, 4_100);
        var owned = grid.Transformers.ToLookup(transformer => transformer.Customers!.ByClass.Sum(pair => pair.Count) == 1);
        Assert.All(owned[true], transformer => Assert.InRange(transformer.RatingKva, 400, 2500));
        Assert.All(owned[false], transformer => Assert.InRange(transformer.RatingKva, 100, 630));
        // Three and a half people to a household are the whole census.
        var households = grid.Transformers.SelectMany(transformer => transformer.Customers!.ByClass).Where(pair => pair.Class == "household").Sum(pair => pair.Count);
        Assert.Equal(1_134_310 / 3.5, households, 4.0);
        // Every feeder has at least one normally open point, and the backbone of a town feeder is a few km long.
        var tied = network.Lines.Where(line => line.IsNormallyOpen).SelectMany(line => new[] { network.FeederOf(line.From), network.FeederOf(line.To) }).ToHashSet();
        Assert.Equal(Enumerable.Range(0, network.Feeders), tied.Order());
        var lengths = network.NormalTrees.Select(tree => tree.Lines.Where(line => line >= 0).Sum(line => grid.Lines[line].LengthKm)).Order().ToList();
        Assert.InRange(lengths[0], 3, 8);
        Assert.InRange(lengths[^1], 20, 40);
        Assert.InRange(lengths[lengths.Count / 2], 4, 8);
    }

    [Theory]
    [MemberData(nameof(Pilots))]
    public void TheGridAndTheRoadsAreWhatThePlanDraws(string city)
    {
        var pilot = Path.Combine(Pilot.Directory, "..", city);
        var drawn = Directory.CreateTempSubdirectory("mekongtwin-drawn-").FullName;
        try
        {
            Drawing.CityDrawing.Write(pilot, drawn);
            string[] files = [.. Directory.GetFiles(drawn, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(drawn, file)).Order()];
            Assert.Equal(["grid.json", .. Directory.GetFiles(Path.Combine(pilot, "grid")).Select(file => Path.GetRelativePath(pilot, file)).Order(), "traffic.json"], files.Order());
            Assert.All(files, file => Assert.Equal(File.ReadAllText(Path.Combine(pilot, file)), File.ReadAllText(Path.Combine(drawn, file))));
        }
        finally
        {
            Directory.Delete(drawn, true);
        }
    }

    /// <summary>A grid of the country's voltage whose truth is plausible around the clock.</summary>
    [Theory]
    [InlineData("vn-dad", 22)]
    [InlineData("th-kkn", 22)]
    [InlineData("kh-pnh", 22)]
    [InlineData("la-vte", 22)]
    [InlineData("mm-mdy", 11)]
    public void EveryPilotHasTheVoltageOfItsCountryAndLoadsItsGrid(string city, double kv)
    {
        var folder = Simulators.Cities.CityFolder.Read(Path.Combine(Pilot.Directory, "..", city));
        Assert.All(folder.Grid.Feeders, feeder => Assert.Equal(kv, feeder.Kv));
        var grid = new GridModel(folder with { Simulation = folder.Simulation with { Supply = new() } }, 1);
        for (var hour = 0; hour < 24; hour++)
        {
            for (var feeder = 0; feeder < folder.Grid.Feeders.Count; feeder++)
            {
                var state = grid.FeederAt(feeder, Pilot.WednesdayMs(hour));
                Assert.InRange(state.Kv / kv, 0.98, 1.05);
                Assert.InRange(state.Ampere, 20, 500);
                Assert.All(state.TransformerV, volt => Assert.InRange(volt, 195, 250));
            }
        }
    }

    [Fact]
    public void EveryReferenceOfTrafficStationsAndMappingsResolves()
    {
        var folder = Pilot.Folder;
        Assert.All(folder.Traffic.Zones, zone => Assert.Contains(zone.District, Districts));
        Assert.All(folder.Traffic.Detectors, detector => Assert.Contains(detector.Zone, folder.Traffic.Zones.Select(zone => zone.Id)));
        Assert.All(folder.Stations.Stations, station => Assert.Contains(station.District, Districts));
        var transformers = folder.Grid.Transformers.Select(transformer => transformer.Id).ToHashSet();
        Assert.All(folder.Mappings.Devices, mapping => Assert.Contains(mapping.Asset, transformers));
        Assert.Equal((20, 150, 30, 360), (folder.Traffic.Zones.Count, folder.Traffic.Detectors.Count, folder.Stations.Stations.Count, folder.Mappings.Devices.Count));
    }

    [Fact]
    public void IdsAndDeviceNamesAreUnique()
    {
        var folder = Pilot.Folder;
        string[] ids =
        [
            .. Districts,
            .. folder.Grid.Substations.Select(substation => substation.Id),
            .. folder.Grid.Feeders.Select(feeder => feeder.Id),
            .. folder.Grid.Transformers.Select(transformer => transformer.Id),
            .. folder.Traffic.Zones.Select(zone => zone.Id),
            .. folder.Traffic.Detectors.Select(detector => detector.Id),
            .. folder.Stations.Stations.Select(station => station.Id),
        ];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.Equal(folder.Mappings.Devices.Count, folder.Mappings.Devices.Select(mapping => mapping.Device).Distinct().Count());
    }

    [Fact]
    public void FilesStaySmallEnoughToRead() =>
        Assert.All(Directory.GetFiles(Pilot.Directory, "*", SearchOption.AllDirectories), file => Assert.InRange(new FileInfo(file).Length, 1, 100_000));

    [Fact]
    public void AMissingFieldIsNamedWithItsFile()
    {
        var directory = Directory.CreateTempSubdirectory("mekongtwin-city-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "city.json"), "{\"id\":\"x\",\"name\":\"X\",\"population\":1}");
            var exception = Assert.Throws<InvalidDataException>(() => Simulators.Cities.CityFolder.Read(directory));
            Assert.Contains("city.json", exception.Message, StringComparison.Ordinal);
            Assert.Contains("zone", exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, true);
        }
    }

    [Fact]
    public void WhatACityMayLeaveOutTheSimulatorDoesNotDemand()
    {
        var directory = Directory.CreateTempSubdirectory("mekongtwin-city-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "city.json"), """{"id":"x","name":"X","country":"LA","zone":"Asia/Vientiane","population":1,}""");
            File.WriteAllText(Path.Combine(directory, "points.json"), "{} // none yet");
            File.Copy(Path.Combine(Pilot.Directory, "simulation.json"), Path.Combine(directory, "simulation.json"));
            Assert.Empty(Living.CityDevices.Of(Simulators.Cities.CityFolder.Read(directory), 1, Living.Profile.Default));
            File.WriteAllText(Path.Combine(directory, "grid.json"), """
                {"substations":[{"id":"ss/1","district":"east","ratingKva":40000}],"feeders":[{"id":"fdr/1","substation":"ss/1","ratingKva":8000}],
                 "transformers":[{"id":"tx/1","feeder":"fdr/1","district":"east","ratingKva":400}]}
                """);
            File.WriteAllText(Path.Combine(directory, "traffic.json"), """{"detectors":[{"id":"det/1","zone":"zone/1","freeFlowKmh":40,"lengthKm":0.8}]}""");
            var devices = Living.CityDevices.Of(Simulators.Cities.CityFolder.Read(directory), 1, Living.Profile.Default);
            Assert.Equal(["ss/1", "fdr/1", "head-end-0-1800", "det/1"], devices.Select(device => device.Name));
            Assert.Equal((1800, 1, 3), (devices[2].PeriodSeconds, devices[2].Measure(0).Count, devices[2].Points));
        }
        finally
        {
            Directory.Delete(directory, true);
        }
    }

    private static List<JsonElement> DistrictProperties() =>
        [.. JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Pilot.Directory, "districts", "until-2025-06.geojson")))
            .RootElement.GetProperty("features").EnumerateArray().Select(feature => feature.GetProperty("properties"))];
}
