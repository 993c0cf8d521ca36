using System.Text.Json;

namespace MekongTwin.Simulators.Tests;

public sealed class CityFolderTests
{
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
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Pilot.Directory, "districts.geojson")));
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
        Assert.All(grid.Substations, substation => Assert.Contains(substation.District, Districts));
        Assert.All(grid.Feeders, feeder => Assert.Contains(feeder.Substation, grid.Substations.Select(substation => substation.Id)));
        Assert.All(grid.Transformers, transformer =>
        {
            Assert.Contains(transformer.Feeder, grid.Feeders.Select(feeder => feeder.Id));
            Assert.Contains(transformer.District, Districts);
            Assert.StartsWith(transformer.District + "/tx/", transformer.Id, StringComparison.Ordinal);
        });
        Assert.Equal((12, 24, 360), (grid.Substations.Count, grid.Feeders.Count, grid.Transformers.Count));
    }

    [Fact]
    public void EveryReferenceOfTrafficAndMappingsResolves()
    {
        var folder = Pilot.Folder;
        Assert.All(folder.Traffic.Zones, zone => Assert.Contains(zone.District, Districts));
        Assert.All(folder.Traffic.Detectors, detector => Assert.Contains(detector.Zone, folder.Traffic.Zones.Select(zone => zone.Id)));
        Assert.Equal(folder.Grid.Transformers.Select(transformer => transformer.Id).Order(), folder.Mappings.Devices.Select(mapping => mapping.Asset).Order());
        Assert.Equal((14, 60), (folder.Traffic.Zones.Count, folder.Traffic.Detectors.Count));
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
        ];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.Equal(folder.Mappings.Devices.Count, folder.Mappings.Devices.Select(mapping => mapping.Device).Distinct().Count());
    }

    [Fact]
    public void FilesStaySmallEnoughToRead() =>
        Assert.All(Directory.GetFiles(Pilot.Directory), file => Assert.InRange(new FileInfo(file).Length, 1, 150_000));

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
            Assert.Equal(["ss/1", "fdr/1", "tx/1", "det/1"], devices.Select(device => device.Name));
            Assert.Equal((60, 3), (devices[2].PeriodSeconds, devices[2].Measure(0).Count));
        }
        finally
        {
            Directory.Delete(directory, true);
        }
    }

    private static List<JsonElement> DistrictProperties() =>
        [.. JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Pilot.Directory, "districts.geojson")))
            .RootElement.GetProperty("features").EnumerateArray().Select(feature => feature.GetProperty("properties"))];
}
