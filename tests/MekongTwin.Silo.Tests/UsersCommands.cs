using System.CommandLine;
using MekongTwin.Host.Cities;
using MekongTwin.Silo.Commands;

namespace MekongTwin.Silo.Tests;

/// <summary><c>users add|revoke|list</c> on a real PostgreSQL, and what is said where there is none.</summary>
public sealed class UsersCommands(Postgres postgres) : IDisposable
{
    private const string Secret = "hush-hush";

    private readonly string? _before = Environment.GetEnvironmentVariable(DatabaseOption.Variable);

    public void Dispose() => Environment.SetEnvironmentVariable(DatabaseOption.Variable, _before);

    [Fact]
    public async Task UsersAreAddedListedAndRevokedInADatabaseThatWasEmpty()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        string[] where = ["--database", database.ConnectionString];
        Assert.Contains("token     mt_", await RunAsync(0, ["add", "engineer-1", "--role", "operator", .. where]), StringComparison.Ordinal);
        Assert.Contains($"password  {Secret}", await RunAsync(0, ["add", "bo", "--role", "viewer", "--password", Secret, .. where]), StringComparison.Ordinal);
        Assert.Equal($"{"bo",-24} viewer\n{"engineer-1",-24} operator\n", await RunAsync(0, ["list", .. where]));
        Assert.Contains("No user 'bert'", await RunAsync(2, ["revoke", "bert", .. where]), StringComparison.Ordinal);
        await RunAsync(0, ["revoke", "bo", .. where]);
        Environment.SetEnvironmentVariable(DatabaseOption.Variable, database.ConnectionString);
        Assert.Equal($"{"engineer-1",-24} operator\n", await RunAsync(0, "list"));
    }

    [Fact]
    public async Task WhatIsNoUserIsRefused()
    {
        Assert.Contains("cannot be a user's name", await RefusedAsync("add", "x:y", "--role", "viewer"), StringComparison.Ordinal);
        Assert.NotEmpty(Parse("add", "z", "--role", "emperor").Errors);
        Assert.NotEmpty(Parse("add", "z", "--role", "77").Errors);
    }

    [Theory]
    [InlineData($"Host=/nowhere;Username=twin;Password={Secret}", "cannot be reached")]
    [InlineData($"Host=no-such-host.invalid;Username=twin;Password={Secret}", "cannot be reached")]
    [InlineData($"Host=127.0.0.1;Port=1;Username=twin;Password={Secret}", "cannot be reached")]
    [InlineData($"Host=127.0.0.1;Password=a;{Secret}=b", "not a connection string")]
    [InlineData($"Host=127.0.0.1;Port={Secret}", "not a connection string")]
    [InlineData($"Username=twin;Password={Secret}", "not a connection string")]
    [InlineData($"postgres://twin:{Secret}@db/mekongtwin", "not a connection string")]
    [InlineData("", "not given")]
    [InlineData(null, "not given")]
    public async Task WithoutADatabaseItSaysWhatToDoAndNoPassword(string? connection, string said)
    {
        Environment.SetEnvironmentVariable(DatabaseOption.Variable, connection);
        var refusal = await RefusedAsync("list");
        Assert.StartsWith("--database: ", refusal, StringComparison.Ordinal);
        Assert.Contains(said, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
        Assert.DoesNotContain(Secret, await RunAsync(0, "list", "--help"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADatabaseThatIsNotThereAndANewerOneAreRefused()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        Assert.Contains("PostgreSQL refuses", await RefusedAsync("list", "--database", postgres.Connection("nobodys")), StringComparison.Ordinal);
        await RunAsync(0, "list", "--database", database.ConnectionString);
        await using (var newer = database.CreateCommand("INSERT INTO schema_version (version) VALUES (999)")) await newer.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        Assert.Contains("start that one, or a newer one", await RefusedAsync("list", "--database", database.ConnectionString), StringComparison.Ordinal);
    }

    private static ParseResult Parse(params string[] words) => new RootCommand { UsersCommand.Make() }.Parse(["users", .. words]);

    private static async Task<string> RefusedAsync(params string[] words) => (await Assert.ThrowsAsync<InputException>(() => RunAsync(2, words))).Message;

    private static async Task<string> RunAsync(int code, params string[] words)
    {
        using var heard = new StringWriter { NewLine = "\n" };
        var asked = new InvocationConfiguration { Output = heard, Error = heard, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        var ended = await Parse(words).InvokeAsync(asked, TestContext.Current.CancellationToken);
        Assert.True(ended == code, $"{ended}: {heard}");
        return heard.ToString();
    }
}
