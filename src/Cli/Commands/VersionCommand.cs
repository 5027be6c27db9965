using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using MhcOperator.Api;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Commands;

/// <summary><c>mhc version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliHost host)
    {
        var command = new Command("version", "Print the version of this program and of the resource it speaks.");
        command.SetAction(_ =>
        {
            var version = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
                ?? "unknown";
            host.Output.WriteLine($"mhc {version}");
            host.Output.WriteLine($"resource {MhcTrainingJob.Group}/{MhcTrainingJob.Version}");
            host.Output.WriteLine($"runtime {RuntimeInformation.FrameworkDescription} {RuntimeInformation.RuntimeIdentifier}");
            return CliExitCode.Ok;
        });
        return command;
    }
}
