using System.Text;
using MekongTwin.Domain.Access;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;
using MekongTwin.Host.Tests.Cities;

namespace MekongTwin.Host.Tests.Running;

/// <summary>When the city is simulated, and how the simulator is started.</summary>
public sealed class SimulationTests
{
    private static readonly ServeOptions Local = new();

    [Fact]
    public void ItIsOnUnaskedOnlyWhileNobodyButThisMachineCanBeMeant()
    {
        Assert.True(Simulation.Decide(null, Local, hasUsers: false).IsOn);
        Assert.False(Simulation.Decide(null, Local, hasUsers: true).IsOn);
        ServeOptions[] others =
        [
            Local with { Http = "0.0.0.0:8080" }, Local with { Mqtt = "*:1883" },
            Local with { Broker = "mqtt://city/#" }, Local with { TlsCertificate = "city.pem" },
        ];
        Assert.All(others, options => Assert.False(Simulation.Decide(null, options, hasUsers: false).IsOn));
        Assert.All(others, options => Assert.NotEmpty(Simulation.Decide(null, options, hasUsers: false).WhyNot));
        Assert.True(Simulation.Decide("on", Local with { Http = "0.0.0.0:8080" }, hasUsers: true).IsOn);
        Assert.False(Simulation.Decide("off", Local, hasUsers: false).IsOn);
    }

    [Fact]
    public void WhatCannotWorkIsRefused()
    {
        Simulation.Check(Local with { Simulate = true, Speed = 60, Start = DateTimeOffset.UnixEpoch });
        Assert.Contains("TLS", Assert.Throws<InputException>(() => Simulation.Check(Local with { Simulate = true, TlsCertificate = "city.pem" })).Message, StringComparison.Ordinal);
        Simulation.Check(Local with { Simulate = true, SimulatorFaults = Simulation.Faults });
        Assert.Contains("none of lost, late", Assert.Throws<InputException>(() => Simulation.Check(Local with { Simulate = true, SimulatorFaults = ["lost", "lots"] })).Message, StringComparison.Ordinal);
        Assert.Contains("say --simulate on", Assert.Throws<InputException>(() => Simulation.Check(Local with { Simulate = false, SimulatorFaults = ["lost"] })).Message, StringComparison.Ordinal);
        Assert.Contains("--speed", Assert.Throws<InputException>(() => Simulation.Check(Local with { Speed = 60, Mqtt = "0.0.0.0:1883" })).Message, StringComparison.Ordinal);
        Assert.Contains("--start", Assert.Throws<InputException>(() => Simulation.Check(Local with { Start = DateTimeOffset.UnixEpoch, Http = "0.0.0.0:8080" })).Message, StringComparison.Ordinal);
    }

    /// <summary>With users, so that only the right password lets it in.</summary>
    [Fact]
    public async Task TheSimulatorIsLetInWithAPasswordThatNoCommandLineShows()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Command lines are read from /proc.");
        using var directory = new TemporaryDirectory();
        Users.Add(DataDirectory.UsersFile(directory.In("data")), "office", Role.Admin, "secret");
        using var host = Running.Host("serve", "--simulate", "on", "--http", "0", "--mqtt", "0", "--data", directory.In("data"));
        await Patience.UntilAsync(() => host.HasEnded || host.Heard.Contains("messages/s to 127.0.0.1", StringComparison.Ordinal), () => "the simulator runs: " + host.Heard);
        Assert.Contains("The city is simulated", host.Heard, StringComparison.Ordinal);
        var child = Directory.GetDirectories("/proc").Single(process => Read(process, "status").Contains($"PPid:\t{host.Id}\n", StringComparison.Ordinal));
        var line = Read(child, "cmdline");
        Assert.Contains("MekongTwin.Simulators.dll", line, StringComparison.Ordinal);
        Assert.DoesNotContain("--password", line, StringComparison.Ordinal);
        // Only a device that was let in can report.
        await Patience.UntilAsync(() => host.HasEnded || host.Heard.Contains("every device has reported", StringComparison.Ordinal), () => "the simulator is let in: " + host.Heard);
        await host.SignalAsync("TERM");
        Assert.Equal(0, await host.EndAsync());
    }

    /// <summary>The smallest city of the manual: it waits for devices, says why, and is simulated once it says how.</summary>
    [Fact]
    public async Task ACityThatSaysNothingOfItsSimulationIsNotSimulated()
    {
        using var directory = new TemporaryDirectory();
        var city = directory.In("city");
        CityFolderPage.WriteExample(city);
        string[] serve = ["serve", "--city", city, "--http", "0", "--mqtt", "0", "--data", directory.In("data")];
        var whyNot = $"{city} has no simulation.json";
        using (var host = Running.Host(serve))
        {
            await Patience.UntilAsync(() => host.HasEnded || host.Heard.Contains("Nothing is simulated", StringComparison.Ordinal), () => "it serves: " + host.Heard);
            Assert.Contains($"Waiting for devices. Nothing is simulated: {whyNot}", host.Heard, StringComparison.Ordinal);
            await host.SignalAsync("TERM");
            Assert.Equal(0, await host.EndAsync());
        }
        var (code, heard) = await Running.ToEndAsync(Running.Host([.. serve, "--simulate", "on"]));
        Assert.Equal(2, code);
        Assert.Contains("simulation.json, which the simulator needs", heard, StringComparison.Ordinal);
        File.Copy(Path.Combine(Served.City, "simulation.json"), Path.Combine(city, "simulation.json"));
        using var simulated = Running.Host(serve);
        await Patience.UntilAsync(() => simulated.HasEnded || simulated.Heard.Contains("every device has reported", StringComparison.Ordinal), () => "the simulator runs: " + simulated.Heard);
        Assert.Contains("The city is simulated", simulated.Heard, StringComparison.Ordinal);
        await simulated.SignalAsync("TERM");
        Assert.Equal(0, await simulated.EndAsync());
    }

    [Fact]
    public async Task AKilledSimulatorIsStartedAgain()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Children are found in /proc.");
        using var directory = new TemporaryDirectory();
        using var host = Running.Host("serve", "--simulate", "on", "--http", "0", "--mqtt", "0", "--data", directory.In("data"));
        string? Child() => Directory.GetDirectories("/proc").FirstOrDefault(process => Read(process, "status").Contains($"PPid:\t{host.Id}\n", StringComparison.Ordinal));
        await Patience.UntilAsync(() => host.HasEnded || host.Heard.Contains("messages/s to 127.0.0.1", StringComparison.Ordinal), () => "the simulator runs: " + host.Heard);
        var first = Child()!;
        System.Diagnostics.Process.GetProcessById(int.Parse(Path.GetFileName(first), System.Globalization.CultureInfo.InvariantCulture)).Kill();
        await Patience.UntilAsync(() => host.HasEnded || (Child() is { } second && second != first), () => "it is started again: " + host.Heard);
        Assert.Contains("The simulator ended with exit code 137", host.Heard, StringComparison.Ordinal);
        await host.SignalAsync("TERM");
        Assert.Equal(0, await host.EndAsync());
        Assert.DoesNotContain("(null)", host.Heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheFirstReadingDecidesWhetherADirectoryIsOfTheSimulator()
    {
        using var directory = new TemporaryDirectory();
        var mark = directory.In("data", "simulated");
        foreach (var simulate in (bool[])[true, false, true, false])
        {
            await (await OpenAsync(simulate)).DisposeAsync();
            Assert.Equal(simulate, File.Exists(mark));
        }
        await using (var served = await Served.StartAsync(directory)) await served.PublishAsync("mt/v1/vn-dad/unheard-of", "1");
        Assert.Contains("holds readings of real devices", (await Assert.ThrowsAsync<InputException>(() => OpenAsync(true))).Message, StringComparison.Ordinal);
        File.WriteAllText(mark, "");
        Assert.Contains("holds simulated readings", (await Assert.ThrowsAsync<InputException>(() => OpenAsync(false))).Message, StringComparison.Ordinal);

        Task<TwinCore> OpenAsync(bool simulate) =>
            TwinCore.OpenAsync(new() { Cities = [Served.City], Data = directory.In("data"), Workers = 1, Simulate = simulate }, TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private static string Read(string process, string file)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(process, file)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
