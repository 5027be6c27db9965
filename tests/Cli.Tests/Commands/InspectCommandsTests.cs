using MhcOperator.Cli.Terminal;
using MhcOperator.Cli.Tests.Support;

namespace MhcOperator.Cli.Tests.Commands;

public sealed class InspectCommandsTests : IDisposable
{
    private readonly MhcShell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Crd_prints_the_definition_that_the_repository_holds()
    {
        var result = await _shell.RunAsync("crd");

        Assert.Equal(CliExitCode.Ok, result.ExitCode);
        var file = Directory.EnumerateFiles(Path.Combine(Repository.Root, "crds", "cel"), "*.yaml").Single();
        Assert.Equal(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), result.Output);
    }

    [Fact]
    public async Task Version_names_the_resource()
    {
        var result = await _shell.RunAsync("version");

        Assert.Equal(CliExitCode.Ok, result.ExitCode);
        Assert.Contains("training.mhc.dev/v1alpha1", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_command_is_exit_code_2()
    {
        var result = await _shell.RunAsync("frobnicate");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("frobnicate", result.Error, StringComparison.Ordinal);
    }
}
