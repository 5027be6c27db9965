using System.CommandLine;
using MhcOperator.Api;
using MhcOperator.Api.Schema;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Commands;

/// <summary><c>mhc crd</c>: prints what <c>kubectl apply -f -</c> needs.</summary>
internal static class CrdCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliHost host)
    {
        var command = new Command("crd", $"Print the CustomResourceDefinition of {MhcTrainingJob.KindName}: mhc crd | kubectl apply -f -");
        command.SetAction(_ =>
        {
            host.Output.Write(JobSchema.CrdYaml);
            return CliExitCode.Ok;
        });
        return command;
    }
}
