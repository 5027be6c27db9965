using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Stability;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// Decides when a checkpoint is due. While training is suspicious none is committed: a due one waits for the next healthy step. One that
/// cannot be written is a warning, and the older ones stay; only the last one must succeed.
/// </summary>
internal sealed class CheckpointKeeper(
    CheckpointWriter writer,
    CheckpointLedger ledger,
    CheckpointsSpec spec,
    int steps,
    Func<TrainingProgress, CheckpointManifest> describe,
    TrainingState state,
    Action<string> warn,
    TimeProvider time)
{
    private bool _due;
    private int _last;

    /// <summary>Checkpoints that could not be written.</summary>
    public int Failures { get; private set; }

    /// <summary>How long training stood still for the last checkpoint.</summary>
    public double LastSeconds { get; private set; }

    /// <summary>Training begins with a checkpoint that need not be written again.</summary>
    public void BeganAt(int step) => _last = step;

    /// <summary>Takes a finished step into account; every rank calls it with the same values.</summary>
    /// <param name="progress">After the step.</param>
    /// <param name="health">Of the step.</param>
    /// <param name="observeOnly">Instability is only reported: checkpoints are written whatever happens.</param>
    /// <exception cref="TrainerException">The last checkpoint could not be written.</exception>
    public void AfterStep(TrainingProgress progress, StabilityState health, bool observeOnly)
    {
        var healthy = health == StabilityState.Healthy || observeOnly;
        if (health == StabilityState.Healthy)
        {
            ledger.Healthy(progress.Step);
        }

        var last = progress.Step == steps;
        _due |= progress.Step % spec.IntervalSteps == 0;
        if (last || (_due && healthy))
        {
            _due = false;
            if (Save(progress) is { } failure && last)
            {
                throw TrainerException.TryAgain("CheckpointFailed", $"the last checkpoint, of step {progress.Step}, could not be written: {failure}");
            }
        }
    }

    /// <summary>Writes a checkpoint now, unless this step has one.</summary>
    /// <returns>Null on success, else what failed.</returns>
    public string? Save(TrainingProgress progress)
    {
        if (progress.Step == _last)
        {
            return null;
        }

        var started = time.GetTimestamp();
        using var scope = TorchSharp.torch.NewDisposeScope();
        state.Updater.Settle();
        var failure = writer.Write(describe(progress), state.SharedTensors(), state.OwnTensors(), () => WeightsHash.Compute(state.Weights));
        LastSeconds = time.GetElapsedTime(started).TotalSeconds;
        if (failure is null)
        {
            _last = progress.Step;
            ledger.Committed(progress.Step);
        }
        else
        {
            Failures++;
            warn(string.Create(CultureInfo.InvariantCulture, $"checkpoint {progress.Step} could not be written, the one before stays the newest: {failure}"));
        }

        return failure;
    }
}
