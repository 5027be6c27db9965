using System.Diagnostics;
using MhcOperator.Cli.Terminal;
using MhcOperator.Cli.Tests.Support;

namespace MhcOperator.Cli.Tests;

/// <summary>The program itself, where the system gives it less than it needs.</summary>
public sealed class SurroundingsTests : IDisposable
{
    private readonly MhcShell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("validate job.yaml", ">&-", "mhc: the output cannot be written: it is closed")]
    [InlineData("validate job.yaml", "> /dev/full", "mhc: the output cannot be written: No space left on device")]
    [InlineData("crd", ">&-", "mhc: the output cannot be written: it is closed")]
    [InlineData("--help", "> /dev/full", "mhc: the output cannot be written: No space left on device")]
    [InlineData("crd", ">&- 2>&-", "")]
    public async Task An_output_that_takes_no_more_is_said_in_a_line(string command, string output, string said)
    {
        _shell.Write("job.yaml", Manifests.Small);

        var (code, error) = await RunAsync($"exec \"$0\" {command} {output}");

        Assert.Equal((CliExitCode.BadInput, said), (code, error.Trim()));
    }

    [Theory]
    [InlineData("validate -")]
    [InlineData("run - --run-dir out")]
    public async Task A_closed_input_is_said_and_not_waited_for(string command)
    {
        var (code, error) = await RunAsync($"exec \"$0\" {command} <&-");

        Assert.Equal((CliExitCode.BadInput, "mhc: -: standard input is closed"), (code, error.Trim()));
    }

    [Theory]
    [InlineData("validate ''")]
    [InlineData("checkpoints ''")]
    [InlineData("metrics ''")]
    [InlineData("run job.yaml --run-dir ''")]
    public async Task An_empty_name_is_not_the_working_folder(string command)
    {
        _shell.Write("job.yaml", Manifests.Small);

        var (code, error) = await RunAsync($"exec \"$0\" {command}");

        Assert.Equal((CliExitCode.BadInput, "mhc: expected the name of a file or folder, got the empty text"), (code, error.Trim()));
    }

    [Theory]
    [InlineData(64, "validate job.yaml")]
    [InlineData(128, "validate job.yaml")]
    [InlineData(128, "run job.yaml")]
    public async Task Too_few_open_files_are_said_as_what_they_are_and_not_blamed_on_the_manifest(int limit, string command)
    {
        _shell.Write("job.yaml", Manifests.Small);

        var (code, error) = await RunAsync($"ulimit -n {limit}; exec \"$0\" {command}");

        Assert.Equal(CliExitCode.BadInput, code);
        Assert.Equal($"mhc: a process may open only {limit} files here (ulimit -n), and 256 are needed; raise that limit", error.Trim());
    }

    [Theory]
    [InlineData("validate ../job.yaml")]
    [InlineData("crd")]
    public async Task A_working_folder_that_is_gone_is_said(string command)
    {
        _shell.Write("job.yaml", Manifests.Small);

        var (code, error) = await RunAsync($"mkdir gone; cd gone; rmdir ../gone; exec \"$0\" {command}");

        Assert.Equal(CliExitCode.BadInput, code);
        Assert.Equal("mhc: the working folder has been deleted or cannot be entered; start in another one", error.Trim());
    }

    private async Task<(int Code, string Error)> RunAsync(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", script, Path.Combine(AppContext.BaseDirectory, "mhc")])
        {
            WorkingDirectory = _shell.Folder,
            UseShellExecute = false,
            RedirectStandardError = true,
        })!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, error);
    }
}
