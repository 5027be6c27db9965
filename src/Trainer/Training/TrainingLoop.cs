using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Optimization;
using MhcOperator.Trainer.Stability;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// The training loop. Everything that decides (loss, gradients, stop request, gain, gap) is brought together over the gang first, so that
/// every rank takes the same turn at the same step. A step is judged before its update is made.
/// </summary>
internal sealed class TrainingLoop(TrainerConfiguration configuration, TrainingState state, LoopParts parts, double learningRateFactor)
{
    private readonly OptimizationSpec _optimization = configuration.Optimization;
    private readonly bool _observeOnly = configuration.Stability.Response == StabilityResponse.Observe;
    private int? _reportedOnset;
    private bool _noted;

    /// <summary>Trains to the last step.</summary>
    /// <param name="progress">Where to begin.</param>
    /// <exception cref="TrainerException">Training is unstable, a peer is lost, or a stop was asked for.</exception>
    public void Run(TrainingProgress progress)
    {
        parts.Telemetry.Begin(progress);
        while (progress.Step < _optimization.Steps)
        {
            using var scope = NewDisposeScope();
            var step = progress.Step + 1;
            var dataStep = parts.Skip.Next(progress.DataStep);
            parts.Activity.Begin("before the forward pass", step);
            parts.Drills.ForEach(d => d.BeforeStep(step));
            parts.DataLog?.Write(step, dataStep, parts.Batches.Samples(dataStep));

            var (observed, stop) = ForwardBackward(step, dataStep);
            var report = parts.Monitor.Observe(observed, parts.LossOf);
            React(report, observed);

            var learningRate = parts.Drills.Aggregate(LearningRate.At(_optimization, step, learningRateFactor),
                (rate, d) => d.LearningRate(step, rate));
            parts.StepLog?.Write(observed, learningRate);
            if (!report.SkipUpdate)
            {
                parts.Activity.Begin("updating the weights", step);
                parts.Keeper.BeforeUpdate();
                state.Updater.Update(learningRate);
            }

            state.Updater.Clear();
            parts.Activity.Begin("measuring the validation loss", step);
            progress = new TrainingProgress(step, dataStep + 1, progress.Tokens + _optimization.BatchTokens)
            {
                Loss = double.IsFinite(observed.Loss) ? observed.Loss : null,
                ValidationLoss = parts.Validation?.AfterStep(step),
            };
            parts.Activity.Begin("looking after checkpoints", step);
            parts.Keeper.AfterStep(progress, report.State, _observeOnly);
            if (configuration.Drills.Count > 0)
            {
                // A rehearsal is to be the same each time: what is done to a checkpoint or after it must not depend on the disk.
                parts.Keeper.Drain();
            }

            parts.Telemetry.Step(progress, observed, report, learningRate);
            parts.Drills.ForEach(d => d.AfterStep(step));
            if (stop && step < _optimization.Steps)
            {
                Leave(progress);
            }
        }
    }

    private (StepObservation Observed, bool Stop) ForwardBackward(int step, long dataStep)
    {
        var gain = configuration.Stability.Gain;
        var measures = configuration.Model.Residual != ResidualKind.Standard && (step == 1 || step % gain.EverySteps == 0);
        using var gap = measures && configuration.Model.Residual == ResidualKind.Mhc ? new MappingGap() : null;
        double loss = 0;
        state.Model.Gap = gap;
        using var rounded = state.Model.RoundWeights();
        for (var pass = 0; pass < parts.Plan.Passes; pass++)
        {
            using var scope = NewDisposeScope();
            parts.Activity.Begin("in the forward or backward pass", step);
            state.Model.MeasureGain = measures && pass == 0;
            using var mean = state.Model.Loss(parts.Batches.Read(dataStep, pass)) / parts.Plan.Passes;
            if (pass == parts.Plan.Passes - 1)
            {
                state.Updater.LastPassBegins();
            }

            Transformer.Backward(mean);
            loss += mean.item<float>();
        }

        state.Model.Gap = null;
        parts.Drills.ForEach(d => d.Gradients(step, state.Model.NamedParameters));
        var vote = new StepVote
        {
            Loss = loss,
            Stops = parts.Stop.Requested,
            IsReady = parts.Keeper.IsReady,
            Gain = measures ? state.Model.LastGain : null,
            Gap = gap?.Measure(),
        };
        parts.Activity.Begin("averaging gradients with the gang", step);
        var (all, norm) = vote.Exchange(state.Updater);
        parts.Keeper.Advance(all.IsReady);
        return (new StepObservation(step, dataStep, all.Loss, norm, all.Gain, all.Gap), all.Stops);
    }

    private void React(StabilityReport report, in StepObservation observed)
    {
        Note(report.Notes, observed);
        if (report.State == StabilityState.Healthy)
        {
            return;
        }

        if (report.State == StabilityState.Unstable && !_observeOnly)
        {
            parts.Keeper.Drain();
            var verdict = VerdictBuilder.Build(report, observed, configuration.Stability.Rollback, parts.Ledger.Verified);
            parts.Ledger.QuarantineFrom(verdict.OnsetStep, $"training was found unstable at step {verdict.DetectedStep}: {verdict.Reason}");
            // Whoever begins again because this one ends must find it written down.
            parts.Ledger.Finish();
            throw TrainerException.Unstable(verdict);
        }

        // Where instability is only observed, it may last: it is said once.
        if (report.State == StabilityState.Unstable && report.Onset?.Step == _reportedOnset)
        {
            return;
        }

        _reportedOnset = report.State == StabilityState.Unstable ? report.Onset?.Step : null;
        var consequence = report.SkipUpdate ? "; the update is left out" : "";
        parts.Warn($"step {observed.Step} (data step {observed.DataStep}) looks {report.State}: {report.Findings[0].Message}{consequence}");
    }

    /// <summary>What lasts, and makes no step suspicious, is said once.</summary>
    private void Note(IReadOnlyList<Finding> notes, in StepObservation observed)
    {
        var lasting = notes.FirstOrDefault(n => n is { NeedsCompany: true, Level: FindingLevel.Confirmed });
        if (lasting is not null && !_noted)
        {
            parts.Warn($"step {observed.Step}: {lasting.Message}; loss and gradients are as usual, so training goes on");
        }

        _noted |= lasting is not null;
    }

    private void Leave(TrainingProgress progress)
    {
        var failure = parts.Keeper.Save(progress);
        throw TrainerException.TryAgain(EndReason.Terminated, failure is null
            ? $"stopped on request; checkpoint {progress.Step} is committed"
            : $"stopped on request; no checkpoint of step {progress.Step}: {failure}").OfAll();
    }
}
