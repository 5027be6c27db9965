using System.CommandLine;
using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Commands;

/// <summary><c>mhc validate FILE...</c>: all findings of all files, not only the first.</summary>
internal static class ValidateCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliHost host)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Manifests; - reads standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("validate", "Check manifests, and print everything that is wrong with them.") { files };
        command.SetAction((parsed, cancel) => RunAsync(host, parsed.GetRequiredValue(files), cancel));
        return command;
    }

    private static async Task<int> RunAsync(CliHost host, string[] files, CancellationToken cancel)
    {
        var code = CliExitCode.Ok;
        foreach (var file in files)
        {
            try
            {
                var found = await CheckAsync(host, file, cancel);
                code = Math.Max(code, found);
            }
            catch (CliException e)
            {
                await host.Error.WriteLineAsync($"mhc: {e.Message}");
                code = CliExitCode.BadInput;
            }
        }

        return code;
    }

    private static async Task<int> CheckAsync(CliHost host, string file, CancellationToken cancel)
    {
        var manifests = JobManifestReader.FromYaml(await InputFile.ReadAsync(host, file, cancel), file);
        foreach (var manifest in manifests)
        {
            foreach (var error in manifest.Errors)
            {
                await host.Output.WriteLineAsync(error.ToString());
            }

            foreach (var warning in manifest.Warnings)
            {
                await host.Output.WriteLineAsync((warning with { Message = $"warning: {warning.Message}" }).ToString());
            }

            if (manifest.Errors.Count == 0)
            {
                await host.Output.WriteLineAsync($"{file}: {Describe(manifest.Job!)}");
            }
        }

        return manifests.Any(m => m.Errors.Count > 0) ? CliExitCode.Failed : CliExitCode.Ok;
    }

    private static string Describe(MhcTrainingJob job) => string.Create(CultureInfo.InvariantCulture,
        $"{job.Metadata.Name ?? $"{job.Metadata.GenerateName}*"} is valid ({job.Spec.Workers.Replicas} × {job.Spec.Workers.DevicesPerWorker} {job.Spec.Workers.Device}, "
        + $"{Counted.Of(job.Spec.Optimization.Steps, "step")})");
}
