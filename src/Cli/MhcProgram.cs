using System.CommandLine;
using System.CommandLine.Invocation;
using MhcOperator.Cli.Checkpoints;
using MhcOperator.Cli.Inspect;
using MhcOperator.Cli.Metrics;
using MhcOperator.Cli.Run;
using MhcOperator.Cli.Terminal;
using MhcOperator.Cli.Validate;

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
        var root = new RootCommand("Train mHC transformers with jobs that roll back by themselves: on this machine, or on a cluster through the operator.")
        {
            ValidateCommand.Create(host),
            RunCommand.Create(host),
            CheckpointsCommand.Create(host),
            MetricsCommand.Create(host),
            CrdCommand.Create(host),
            VersionCommand.Create(host),
        };
        var parsed = root.Parse(args);
        if (parsed.Action is ParseErrorAction wrong)
        {
            // A page of help would push the error out of sight.
            wrong.ShowHelp = false;
        }

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
            var code = await parsed.InvokeAsync(asked);
            return parsed.Errors.Count > 0 ? CliExitCode.BadInput : code;
        }
        catch (CliException e)
        {
            await host.Error.WriteLineAsync($"mhc: {e.Message}");
            return CliExitCode.BadInput;
        }
    }
}
