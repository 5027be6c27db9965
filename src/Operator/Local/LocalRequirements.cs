using MhcOperator.Api.Manifests;

namespace MhcOperator.Operator.Local;

/// <summary>What a job may not ask for where there is no cluster; said before anything is started.</summary>
internal static class LocalRequirements
{
    /// <exception cref="ArgumentException">The job is not one for this machine.</exception>
    /// <exception cref="IOException">The trainer does not exist.</exception>
    public static void Check(JobManifest manifest, LocalRunOptions options)
    {
        if (manifest.Job is not { } job || manifest.Errors.Count > 0)
        {
            throw new ArgumentException($"the job is invalid: {string.Join("; ", manifest.Errors)}", nameof(manifest));
        }

        if (job.Spec.Data.Source.PersistentVolumeClaim is not null)
        {
            throw new ArgumentException(
                "spec.data.source.persistentVolumeClaim: there are no claims without a cluster; use spec.data.source.path",
                nameof(manifest));
        }

        if (job.Spec.Data.Source.ConfigMap is not null)
        {
            throw new ArgumentException("spec.data.source.configMap: there are no ConfigMaps without a cluster; use spec.data.source.path",
                nameof(manifest));
        }

        if (options.TrainerCommand.Count == 0)
        {
            throw new ArgumentException("the trainer's command is empty", nameof(options));
        }

        var program = job.Spec.Trainer.Command is { Count: > 0 } own ? own[0] : options.TrainerCommand[0];
        if (program.Contains('/', StringComparison.Ordinal) && !File.Exists(Path.Combine(options.WorkingFolder ?? "", program)))
        {
            throw new FileNotFoundException($"the trainer {program} does not exist", program);
        }
    }
}
