using System.Text;
using MekongTwin.Domain.Access;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Storage;
using Npgsql;

namespace MekongTwin.Silo.Tests;

/// <summary>The users of the cluster in a real PostgreSQL, as two silos see them.</summary>
public sealed class UserTables : IAsyncLifetime
{
    // A server of its own: it is killed.
    private readonly Postgres _postgres = new();
    private NpgsqlDataSource _database = null!;
    private NpgsqlDataSource _other = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _database = await _postgres.MakeDatabaseAsync();
        _other = NpgsqlDataSource.Create(_database.ConnectionString);
        await Schema.ApplyAsync(_database, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_other is not null) await _other.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task TwoSilosSeeEachOthersChanges()
    {
        var (one, two) = (await UserTable.OpenAsync(_database, Ct), await UserTable.OpenAsync(_other, Ct));
        var users = new Users(two);
        Assert.True(users.IsOpen);
        var anna = await AddAsync(one, "anna", Role.Engineer);
        Assert.True(users.IsOpen);
        await two.RefreshAsync(Ct);
        Assert.False(users.IsOpen);
        Assert.False(users.IsCurrent(Principal.Open));
        Assert.Equal(new Principal("anna", Role.Engineer), (await VerifyAsync(users, "anna", anna.Password)).Principal);
        Assert.Equal("anna", users.VerifyToken(anna.Token)?.Name);
        Assert.Null((await VerifyAsync(users, "anna", "guess")).Principal);
        Assert.True(await two.RevokeAsync("anna", Ct));
        Assert.False(await one.RevokeAsync("anna", Ct));
        foreach (var table in (UserTable[])[one, two]) await table.RefreshAsync(Ct);
        Assert.Empty(one.Look().Entries);
        Assert.Null(users.VerifyToken(anna.Token));
        Assert.False(users.IsOpen);
    }

    [Fact]
    public async Task OnlyWhoHasNotChangedIsCurrent()
    {
        var table = await UserTable.OpenAsync(_database, Ct);
        var anna = await AddAsync(table, "anna", Role.Viewer);
        var bo = await AddAsync(table, "bo", Role.Operator);
        await table.RefreshAsync(Ct);
        var users = new Users(table);
        var principals = (Anna: users.VerifyToken(anna.Token)!, Bo: users.VerifyToken(bo.Token)!);
        var version = users.Version;
        await table.AddAsync(anna.Entry with { Role = Role.Admin }, Ct);
        await table.RefreshAsync(Ct);
        Assert.NotEqual(version, users.Version);
        Assert.Equal((false, true), (users.IsCurrent(principals.Anna), users.IsCurrent(principals.Bo)));
        Assert.Equal(Role.Admin, users.VerifyToken(anna.Token)?.Role);
    }

    [Fact]
    public async Task WhatHasNotChangedIsTheSameListAndWhatIsChangedByHandIsSeen()
    {
        var table = await UserTable.OpenAsync(_database, Ct);
        await AddAsync(table, "anna", Role.Viewer);
        await AddAsync(table, "Zoe", Role.Viewer);
        await table.RefreshAsync(Ct);
        var before = table.Look();
        Assert.Equal(["Zoe", "anna"], before.Entries.Select(entry => entry.Name));
        await table.RefreshAsync(Ct);
        Assert.Same(before, table.Look());
        await ExecuteAsync("UPDATE user_entry SET role = 'Planner' WHERE name = 'anna'");
        await table.RefreshAsync(Ct);
        Assert.Equal(Role.Planner, table.Look().Entries[1].Role);
        await ExecuteAsync("TRUNCATE user_entry");
        await table.RefreshAsync(Ct);
        Assert.Empty(table.Look().Entries);
    }

    [Fact]
    public async Task ManyWhoAddAtOnceAreAllThere()
    {
        UserTable[] tables = [await UserTable.OpenAsync(_database, Ct), await UserTable.OpenAsync(_other, Ct)];
        var entry = UserEntry.Make("x", Role.Device, "secret").Entry;
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => tables[number % 2].AddAsync(entry with { Name = $"device-{number % 20}" }, Ct)));
        foreach (var table in tables) await table.RefreshAsync(Ct);
        Assert.Equal(20, tables[0].Look().Entries.Count);
        Assert.Equal(tables[0].Look().Entries, tables[1].Look().Entries);
    }

    [Fact]
    public async Task WhileTheDatabaseIsAwayTheUsersKnownSoFarStay()
    {
        var table = await UserTable.OpenAsync(_database, Ct);
        var anna = await AddAsync(table, "anna", Role.Viewer);
        await table.RefreshAsync(Ct);
        var users = new Users(table);
        var principal = users.VerifyToken(anna.Token)!;
        var version = users.Version;
        _postgres.Kill();
        await table.RefreshAsync(Ct);
        Assert.Contains("See that the server runs", table.Fault, StringComparison.Ordinal);
        Assert.True(users.IsCurrent(principal));
        Assert.Same(principal, (await VerifyAsync(users, "anna", anna.Password)).Principal);
        Assert.Equal((false, version), (users.IsOpen, users.Version));
        await Assert.ThrowsAsync<InputException>(() => table.RevokeAsync("anna", Ct));
        await Assert.ThrowsAsync<InputException>(() => UserTable.OpenAsync(_database, Ct));

        _postgres.Start();
        await table.RefreshAsync(Ct);
        Assert.Null(table.Fault);
        Assert.Equal((true, version), (users.IsCurrent(principal), users.Version));
        Assert.True(await (await UserTable.OpenAsync(_other, Ct)).RevokeAsync("anna", Ct));
        await table.RefreshAsync(Ct);
        Assert.Equal((false, false), (users.IsCurrent(principal), users.IsOpen));
    }

    [Fact]
    public async Task DoorsThatWereOpenStayAsTheyWereWhileTheDatabaseIsAway()
    {
        var table = await UserTable.OpenAsync(_database, Ct);
        var users = new Users(table);
        _postgres.Kill();
        await table.RefreshAsync(Ct);
        Assert.True(users.IsOpen);
        _postgres.Start();
        await AddAsync(table, "anna", Role.Viewer);
        await table.RefreshAsync(Ct);
        Assert.False(users.IsOpen);
    }

    [Theory]
    [InlineData("INSERT INTO user_entry VALUES ('eve', 'Emperor', 'AB', '', '', 1)", "eve")]
    [InlineData("INSERT INTO user_entry VALUES ('eve', 'Admin', 'not hex', '', '', 1)", "eve")]
    [InlineData("DELETE FROM user_list", "user_list")]
    public async Task AListThatBreaksClosesOpenDoorsAndIsRefusedAtTheStart(string change, string named)
    {
        var table = await UserTable.OpenAsync(_database, Ct);
        var users = new Users(table);
        Assert.True(users.IsOpen);
        await ExecuteAsync(change);
        await table.RefreshAsync(Ct);
        Assert.False(users.IsOpen);
        Assert.Contains(named, table.Fault, StringComparison.Ordinal);
        Assert.Contains(named, (await Assert.ThrowsAsync<InputException>(() => UserTable.OpenAsync(_other, Ct))).Message, StringComparison.Ordinal);
        await ExecuteAsync("TRUNCATE user_entry; INSERT INTO user_list (version) VALUES (7) ON CONFLICT DO NOTHING");
        await table.RefreshAsync(Ct);
        Assert.Null(table.Fault);
        Assert.False(users.IsOpen);
    }

    [Fact]
    public async Task ASiloLooksEverySecondAndGoesOnAfterTheDatabaseWasAway()
    {
        var table = await UserTable.OpenAsync(_database, Ct);
        var other = await UserTable.OpenAsync(_other, Ct);
        var time = new TickingTime();
        using var watch = new UserWatch(table, time);
        await watch.StartAsync(Ct);
        Assert.Equal(TimeSpan.FromSeconds(1), await time.Period);
        await AddAsync(other, "anna", Role.Viewer);
        Assert.Empty(table.Look().Entries);
        await TickUntilAsync(time, () => table.Look().Entries.Count == 1);
        _postgres.Kill();
        await TickUntilAsync(time, () => table.Fault is not null);
        Assert.Single(table.Look().Entries);
        _postgres.Start();
        // The other silo has not asked meanwhile: its connections are of the old server.
        _other.Clear();
        await AddAsync(other, "bo", Role.Viewer);
        // The users come a moment before the fault goes.
        await TickUntilAsync(time, () => table.Look().Entries.Count == 2 && table.Fault is null);
        await watch.StopAsync(Ct);
    }

    private static async Task<(UserEntry Entry, string Password, string Token)> AddAsync(UserTable table, string name, Role role)
    {
        var made = UserEntry.Make(name, role, null);
        await table.AddAsync(made.Entry, Ct);
        return made;
    }

    private static Task<Verification> VerifyAsync(Users users, string name, string password) => users.VerifyAsync(name, Encoding.UTF8.GetBytes(password), Ct).AsTask();

    /// <summary>Seconds pass until the silo has seen it.</summary>
    private static async Task TickUntilAsync(TickingTime time, Func<bool> isSeen)
    {
        while (!isSeen())
        {
            Ct.ThrowIfCancellationRequested();
            time.Tick();
            await Task.Yield();
        }
    }

    private async Task ExecuteAsync(string sql)
    {
#pragma warning disable CA2100 // The test's own text.
        await using var command = _database.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Ct);
    }

    /// <summary>A clock whose one timer goes off when the test says so.</summary>
    private sealed class TickingTime : TimeProvider
    {
        private readonly TaskCompletionSource<TimeSpan> _period = new();
        private Action? _tick;

        public Task<TimeSpan> Period => _period.Task;

        public void Tick() => _tick!();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _tick = () => callback(state);
            _period.SetResult(period);
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
