using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// Decides when a checkpoint is due, and has it written while training goes on. While training is suspicious none is begun: a due one waits
/// for the next healthy step. One that is due while the one before is still being written waits for that, and training with it: a disk
/// that is too slow slows training down instead of piling up work, and checkpoints come at the same steps in every run. One that cannot
/// be written is a warning, and the older ones stay; only the last one must succeed.
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
    private double _stall;

    /// <summary>Checkpoints that could not be written.</summary>
    public int Failures { get; private set; }

    /// <summary>How long training stood still for the last checkpoint.</summary>
    public double LastSeconds { get; private set; }

    /// <summary>The last checkpoint that was written; null before the first.</summary>
    public CheckpointOutcome? LastWritten { get; private set; }

    /// <summary>
    /// Whether this rank has done what all must have done before a checkpoint can go on; travels with the numbers of a step.
    /// </summary>
    public bool IsReady => writer.IsReady;

    /// <summary>Training begins with a checkpoint that need not be written again.</summary>
    public void BeganAt(int step) => _last = step;

    /// <summary>Goes on with a checkpoint; every rank calls it at the same step.</summary>
    /// <param name="allReady">Whether all ranks are ready.</param>
    /// <exception cref="TrainerException">A newer attempt owns the folder, or a peer is lost.</exception>
    public void Advance(bool allReady)
    {
        if (allReady)
        {
            Stalling(() => Take(writer.Advance()));
        }
    }

    /// <summary>Before weights change: waits until they have been copied.</summary>
    public void BeforeUpdate() => Stalling(writer.WaitUntilCopied);

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

        _due |= progress.Step % spec.IntervalSteps == 0;
        if (progress.Step == steps)
        {
            if (Save(progress) is { } failure)
            {
                throw TrainerException.TryAgain(EndReason.CheckpointFailed,
                    $"the last checkpoint, of step {progress.Step}, could not be written: {failure}").OfAll();
            }
        }
        else if (_due && healthy)
        {
            _due = false;
            Begin(progress);
        }
    }

    /// <summary>
    /// Waits for the checkpoint that is being written, and until the folder says which ones are verified; every rank calls it at the same
    /// step.
    /// </summary>
    /// <returns>What failed; null on success, or where there was none.</returns>
    public string? Drain()
    {
        var failure = DrainWriter();
        ledger.Finish();
        return failure;
    }

    /// <summary>Writes a checkpoint of this step, unless there is one, and waits for it.</summary>
    /// <returns>What failed; null on success.</returns>
    public string? Save(TrainingProgress progress)
    {
        Drain();
        if (progress.Step == _last)
        {
            return null;
        }

        Begin(progress);
        return Drain();
    }

    private string? DrainWriter()
    {
        string? failure = null;
        Stalling(() => failure = Take(writer.Drain()));
        return failure;
    }

    private void Begin(TrainingProgress progress)
    {
        DrainWriter();
        _stall = 0;
        Stalling(() =>
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            state.Updater.Settle();
            writer.Begin(describe(progress), state.SharedTensors(), state.OwnTensors(), state.Weights);
        });
    }

    private string? Take(CheckpointOutcome? outcome)
    {
        if (outcome is null)
        {
            return null;
        }

        if (outcome.Failure is null)
        {
            _last = outcome.Step;
            LastWritten = outcome;
            ledger.Committed(outcome.Step);
        }
        else
        {
            Failures++;
            warn(
                string.Create(CultureInfo.InvariantCulture,
                    $"checkpoint {outcome.Step} could not be written, the one before stays the newest: {outcome.Failure}"));
        }

        return outcome.Failure;
    }

    private void Stalling(Action action)
    {
        var started = time.GetTimestamp();
        action();
        _stall += time.GetElapsedTime(started).TotalSeconds;
        LastSeconds = _stall;
    }
}
