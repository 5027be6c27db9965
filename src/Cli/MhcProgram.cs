using System.CommandLine;
using MhcOperator.Api.Files;
using MhcOperator.Cli.Commands;
using MhcOperator.Cli.Run;
using MhcOperator.Cli.Terminal;
using MhcOperator.CommandLine;

namespace MhcOperator.Cli;

/// <summary>The program <c>mhc</c>: its commands, and how a command's errors end.</summary>
internal static class MhcProgram
{
    /// <summary>Parses and runs one command line.</summary>
    /// <param name="args">Without the program's name.</param>
    /// <param name="host">Streams and surroundings.</param>
    /// <returns>One of <see cref="CliExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args, CliHost host)
    {
        var asked = new InvocationConfiguration
        {
            Output = host.Output,
            Error = host.Error,
            EnableDefaultExceptionHandler = false,
            // `run` answers Ctrl-C itself: a checkpoint first.
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await ProgramLine.InvokeAsync(Create(host), args, asked, CliExitCode.BadInput);
        }
        catch (CliException e)
        {
            Say(host, $"mhc: {e.Message}");
            return CliExitCode.BadInput;
        }
        catch (OutputException e)
        {
            Say(host, $"mhc: the output cannot be written: {e.Message}");
            return CliExitCode.BadInput;
        }
        catch (Exception e)
        {
            var kept = CrashReport.Keep(e, "mhc") is { } file ? $"; details are in {file}" : "";
            Say(host, $"mhc: an error in mhc that was not foreseen: {CrashReport.Summary(e)}{kept}");
            return CliExitCode.Unforeseen;
        }
    }

    private static void Say(CliHost host, string line)
    {
        try
        {
            host.Error.WriteLine(line);
        }
        catch (OutputException)
        {
            return; // nobody listens, and the exit code is left
        }
    }

    /// <summary>The commands.</summary>
    internal static RootCommand Create(CliHost host) =>
        new("Train mHC transformers with jobs that roll back by themselves: on this machine, or on a cluster through the operator.")
    {
        ValidateCommand.Create(host),
        RunCommand.Create(host),
        CheckpointsCommand.Create(host),
        MetricsCommand.Create(host),
        CrdCommand.Create(host),
        VersionCommand.Create(host),
    };
}
