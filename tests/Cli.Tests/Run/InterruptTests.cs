using System.Diagnostics;
using System.Globalization;
using MhcOperator.Cli.Terminal;
using MhcOperator.Cli.Tests.Support;

namespace MhcOperator.Cli.Tests.Run;

/// <summary>Signals reach a process, so these run the program itself.</summary>
public sealed class InterruptTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly MhcShell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Ctrl_C_stops_the_gang_gently_and_a_resume_goes_on()
    {
        var manifest = _shell.Write("small.yaml", Manifests.Small);
        var trainer = _shell.WriteScript("trainer", FakeTrainer.Patient);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);

        var (code, output) = await RunUntilRunningThenInterruptAsync([manifest, "--trainer", trainer], limit.Token);

        Assert.Equal(CliExitCode.Interrupted, code);
        Assert.Contains("the workers commit a checkpoint and end", output, StringComparison.Ordinal);
        Assert.Contains("To go on: mhc run small.yaml --resume", output, StringComparison.Ordinal);
        _shell.WriteScript("trainer", FakeTrainer.CrashesOnce);
        var resumed = await _shell.RunAsync("run", manifest, "--trainer", trainer, "--resume");
        Assert.Equal(CliExitCode.Ok, resumed.ExitCode);
        Assert.Single(Directory.GetDirectories(Path.Combine(_shell.Folder, ".mhc", "runs", "small")));
    }

    private async Task<(int Code, string Output)> RunUntilRunningThenInterruptAsync(string[] args, CancellationToken cancel)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "mhc");
        using var process = Process.Start(new ProcessStartInfo(program, ["run", .. args])
        {
            WorkingDirectory = _shell.Folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        var output = new List<string>();
        try
        {
            while (await process.StandardOutput.ReadLineAsync(cancel) is { } line)
            {
                output.Add(line);
                if (line.Contains("GangRunning", StringComparison.Ordinal))
                {
                    using var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
                    await kill.WaitForExitAsync(cancel);
                }
            }

            await process.WaitForExitAsync(cancel);
            return (process.ExitCode, string.Join('\n', output));
        }
        finally
        {
            process.Kill(entireProcessTree: true); // one that did not end; nothing happens to one that did
        }
    }
}
