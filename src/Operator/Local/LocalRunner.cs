using MhcOperator.Api;
using MhcOperator.Api.Manifests;

namespace MhcOperator.Operator.Local;

/// <summary>Runs one job on this machine with the operator's own planning: pods are processes, the cluster is memory.</summary>
/// <param name="time">Clock of the run; the system's where absent.</param>
public sealed class LocalRunner(TimeProvider? time = null)
{
    /// <summary>Runs the job until it has succeeded or failed, or until it is stopped.</summary>
    /// <param name="manifest">A valid job.</param>
    /// <param name="options">Where and with what.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="stop">Stops the job gently: it is suspended, the gang commits a checkpoint, and the method returns.</param>
    /// <returns>The job as it was last, with its status: condition Succeeded, Failed or (stopped) Suspended is True.</returns>
    /// <exception cref="ArgumentException">The manifest has errors, or asks for what this machine cannot give; the message has the field path.</exception>
    /// <exception cref="IOException">The run folder cannot be written, or the trainer cannot be started.</exception>
    public Task<MhcTrainingJob> RunAsync(JobManifest manifest, LocalRunOptions options, ILocalRunObserver observer, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(observer);
        stop.ThrowIfCancellationRequested();
        throw new NotSupportedException($"the local cluster is being built ({time ?? TimeProvider.System})");
    }
}
