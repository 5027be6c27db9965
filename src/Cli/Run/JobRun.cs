using System.Globalization;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Manifests;
using MhcOperator.Cli.Files;
using MhcOperator.Cli.Terminal;
using MhcOperator.Operator.Local;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Cli.Run;

/// <summary>One job on this machine, from the manifest to the summary.</summary>
internal static class JobRun
{
    // Steps of a small model take a tenth of a second; asking costs rank 0 next to nothing.
    private static readonly TimeSpan StatusInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs it.</summary>
    /// <returns>One of <see cref="CliExitCode"/>.</returns>
    /// <exception cref="CliException">Bad input.</exception>
    public static async Task<int> RunAsync(CliHost host, RunOptions options, CancellationToken cancel)
    {
        var manifest = await ReadAsync(host, options.File, cancel);
        host = Steady(host);
        if (options is { Resume: true, RunFolder: null } && string.IsNullOrEmpty(manifest.Metadata.Name))
        {
            throw new CliException(
                "--resume: metadata.generateName makes another name for each run; name the folder of the run with --run-dir");
        }

        manifest = GeneratedName.Give(manifest, Random.Shared);
        var trainer = TrainerLocator.Find(host, options.Trainer);
        var name = manifest.Metadata.Name;
        var folder = RunFolder.Choose(host, name, options.RunFolder, options.Resume);
        var console = host.OpenConsole();
        IRunView view = host.OutputIsTerminal && !options.Plain ? new LiveRunView(console) : new PlainRunView(host.Output);
        var history = new RunHistory();
        var follower = new RunFollower(view, history, host.Time, new LogWarnings(Path.Combine(folder, "logs")));
        await host.Output.WriteLineAsync($"{name}: {Describe(manifest.Job!)}; run folder {host.ShownPath(folder)}");
        if (options.Resume)
        {
            await ExpectCheckpointAsync(host, Path.Combine(folder, "checkpoints"), manifest.Metadata, cancel);
        }

        var running = true;
        using var interrupts = new Interrupts(again =>
        {
            if (running)
            {
                view.Say(again
                    ? new RunLine(follower.Elapsed, true, "Killing", "the workers are ended at once")
                    : new RunLine(follower.Elapsed, true, "Stopping",
                        "the workers commit a checkpoint and end; press Ctrl-C again to end them at once"));
            }
        });
        var local = new LocalRunOptions
        {
            RunFolder = folder,
            TrainerCommand = [trainer, "train"],
            WorkingFolder = host.WorkingFolder,
            StatusInterval = StatusInterval,
            Kill = interrupts.Kill,
        };
        MhcTrainingJob? job = null;
        try
        {
            await view.ShowAsync(async () => job = await new LocalRunner(host.Time).RunAsync(manifest, local, follower, interrupts.Stop));
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new CliException(e.Message);
        }

        running = false;
        follower.TellWarnings();
        return await FinishAsync(host, options, job!, history, follower.Elapsed, folder, trainer, interrupts);
    }

    /// <summary>
    /// Training that began anew although there was something to go on with, or went on from another's, would look like a success.
    /// </summary>
    private static async Task ExpectCheckpointAsync(CliHost host, string folder, V1ObjectMeta job, CancellationToken cancel)
    {
        var found = Directory.Exists(folder) ? await CheckpointReader.ReadAsync(folder, hash: false, cancel) : [];
        if (found.Count == 0)
        {
            await host.Output.WriteLineAsync($"There is no checkpoint in {host.ShownPath(folder)} yet, so training begins at step 0.");
            return;
        }

        var newest = await CheckpointReader.NewestWholeAsync(found, cancel);
        if (newest?.Health == CheckpointReader.Broken)
        {
            throw new CliException(string.Create(CultureInfo.InvariantCulture,
                $"{host.ShownPath(folder)}: none of {found.Count} checkpoints is whole (that of step {newest.Step}: {newest.Reason}); leave --resume out to begin another run"));
        }

        if (newest?.Job is { } writer && job.GenerateName is null
            && writer != new NamespacedName(job.NamespaceProperty ?? "default", job.Name).ToString())
        {
            await host.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"warning: the checkpoint of step {newest.Step} in {host.ShownPath(folder)} is of the job {writer}; {job.Name} goes on from it"));
        }
    }

    /// <summary>What people see may get lost (a full disk, a pipe that is closed); training goes on.</summary>
    private static CliHost Steady(CliHost host)
    {
        var error = new SteadyOutput(host.Error, _ => { });
        return host with
        {
            Error = error,
            Output = new SteadyOutput(host.Output,
                words => error.WriteLine($"mhc: the output cannot be written ({words}); the run goes on")),
        };
    }

    private static async Task<int> FinishAsync(CliHost host, RunOptions options, MhcTrainingJob job, RunHistory history, TimeSpan elapsed,
        string folder, string trainer, Interrupts interrupts)
    {
        RunSummary.Write(host.OpenConsole(), history, elapsed);
        if (RunHistory.IsTrue(job.Status, ConditionTypes.Succeeded))
        {
            await SampleText.WriteAsync(host, trainer, Path.Combine(folder, "checkpoints"), options.Prompt
                ?? SamplePrompt.For(job.Spec.Data, host.Variable(TrainerEnvironment.Corpus), host.WorkingFolder), interrupts.Stop);
            return CliExitCode.Ok;
        }

        if (RunHistory.IsTrue(job.Status, ConditionTypes.Failed))
        {
            FailureReport.Write(host, job, folder);
            return CliExitCode.Failed;
        }

        await host.Output.WriteLineAsync(
            $"Stopped. To go on: mhc run {ShellWord.Of(options.File)} --resume{(options.RunFolder is { } named ? $" --run-dir={ShellWord.Of(named)}" : "")}");
        return interrupts.Stop.IsCancellationRequested ? CliExitCode.Interrupted : CliExitCode.Failed;
    }

    private static async Task<JobManifest> ReadAsync(CliHost host, string file, CancellationToken cancel)
    {
        var manifests = JobManifestReader.FromYaml(await InputFile.ReadAsync(host, file, cancel), file);
        var errors = manifests.SelectMany(m => m.Errors).ToList();
        return errors.Count > 0 ? throw new CliException($"{file} is not a valid job:\n{string.Join('\n', errors)}")
            : manifests.Count != 1 ? throw new CliException(
                string.Create(CultureInfo.InvariantCulture, $"{file} holds {manifests.Count} jobs; expected one"))
            : manifests[0];
    }

    private static string Describe(MhcTrainingJob job)
    {
        var (model, optimization, workers) = (job.Spec.Model, job.Spec.Optimization, job.Spec.Workers);
        var ranks = Counted.Of(workers.Replicas * workers.DevicesPerWorker, $"{workers.Device} rank");
        return string.Create(CultureInfo.InvariantCulture,
            $"{Counted.Of(model.Layers, "layer")} × {model.Width}, residual {model.Residual}, "
            + $"{Counted.Of(optimization.Steps, "step")} of {Counted.Of(optimization.BatchTokens, "token")} on {ranks}");
    }
}
