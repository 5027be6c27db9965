using System.Diagnostics;
using MhcOperator.Operator.Local;

namespace MhcOperator.Operator.Tests.Local;

public sealed class ProcessSpawnerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Dictionary<string, string> NoEnvironment = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-spawn-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Log => Path.Combine(_folder, "log");

    private static async Task EndAsync(Process process)
    {
        using (process)
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken)
                .WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task When_the_thread_that_started_it_ends_the_kernel_kills_the_process()
    {
        // The same happens when this whole process ends: the thread ends with it.
        using var spawner = new ProcessSpawner();
        var process = spawner.Start(["sleep", "600"], NoEnvironment, null, Log);
        await UntilItIsAsync(process.Id, "sleep");

        spawner.Dispose();

        await EndAsync(process);
    }

    [Fact]
    public async Task Each_process_leads_a_session_of_its_own_so_that_the_terminals_signals_pass_it_by()
    {
        using var spawner = new ProcessSpawner();
        var process = spawner.Start(["sleep", "600"], NoEnvironment, null, Log);
        await UntilItIsAsync(process.Id, "sleep");
        var fields = (await File.ReadAllTextAsync($"/proc/{process.Id}/stat", TestContext.Current.CancellationToken)).Split(' ');
        Assert.Equal(($"{process.Id}", $"{process.Id}"), (fields[4], fields[5]));
        Signals.Send(process.Id, Signals.Kill);
        await EndAsync(process);
    }

    [Fact]
    public async Task Arguments_reach_the_program_as_they_are()
    {
        using var spawner = new ProcessSpawner();
        await EndAsync(spawner.Start(["/usr/bin/printf", "%s|", "a b", "$HOME", "'\"`", ""], NoEnvironment, _folder, Log));
        Assert.Equal("a b|$HOME|'\"`||", await File.ReadAllTextAsync(Log, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_program_that_is_not_there_ends_with_127_and_the_log_says_so()
    {
        using var spawner = new ProcessSpawner();
        var process = spawner.Start(["/no/such/program"], NoEnvironment, null, Log);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(127, process.ExitCode);
        Assert.Contains("/no/such/program", await File.ReadAllTextAsync(Log, TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    /// <summary>The shell becomes setsid, setpriv and then the program.</summary>
    private static async Task UntilItIsAsync(int process, string program)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while ((await File.ReadAllTextAsync($"/proc/{process}/comm", deadline.Token)).Trim() != program)
        {
            await ticks.WaitForNextTickAsync(deadline.Token);
        }
    }
}
