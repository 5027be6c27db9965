using System.Reflection;
using MhcOperator.Api;
using MhcOperator.Cli.Terminal;
using MhcOperator.Cli.Tests.Support;
using MhcOperator.CommandLine;
using MhcOperator.Testing.CommandLine;

namespace MhcOperator.Cli.Tests;

public sealed class MhcProgramTests
{
    [Fact]
    public Task No_option_takes_a_value_that_it_cannot_have() =>
        BadValues.AllAreRefusedAsync(() => MhcProgram.Create(CliHost.System()), ProgramLine.InvokeAsync, CliExitCode.BadInput, least: 0);

    [Fact]
    public async Task A_wrong_command_line_is_said_in_two_lines()
    {
        using var shell = new MhcShell();

        var result = await shell.RunAsync("run", "--resume", "--nothing", "job.yaml");

        Assert.Equal((CliExitCode.BadInput, ""), (result.ExitCode, result.Output));
        Assert.Equal(2, result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task The_version_is_that_of_the_file_VERSION_in_every_part()
    {
        var version = Repository.Version;
        Assert.All(
            new[] { typeof(MhcProgram), typeof(MhcTrainingJob), typeof(Operator.Local.LocalRunner) },
            part => Assert.Equal(version,
                part.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]));
        using var shell = new MhcShell();
        Assert.StartsWith(version, (await shell.RunAsync("--version")).Output, StringComparison.Ordinal);
    }
}
