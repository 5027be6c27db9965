using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Stability;
using MhcOperator.Trainer.Telemetry;

namespace MhcOperator.Trainer.Training;

/// <summary>Puts the newest figures on the status board and the console.</summary>
internal sealed class TrainingTelemetry(
    StatusBoard board,
    ProgressPrinter printer,
    CheckpointLedger ledger,
    CheckpointKeeper keeper,
    int attempt,
    OptimizationSpec optimization,
    Func<long> bytesSent,
    bool prints,
    TimeProvider time)
{
    private readonly StepClock _clock = new(time);
    private GainStatus? _gain;
    private double? _validationLoss;
    private int _skipped;
    private int? _firstStep;
    private DateTime? _firstStepAt;

    /// <summary>Before the first step.</summary>
    public void Begin(TrainingProgress progress)
    {
        _clock.Tick();
        _validationLoss = progress.ValidationLoss;
        Show(new TrainerStatus { Step = progress.Step, Tokens = progress.Tokens });
    }

    /// <summary>After a step.</summary>
    public void Step(TrainingProgress progress, in StepObservation observed, StabilityReport report, double learningRate)
    {
        _clock.Tick();
        _gain = observed.Gain ?? _gain;
        _validationLoss = progress.ValidationLoss ?? _validationLoss;
        _skipped += report.SkipUpdate ? 1 : 0;
        if (_firstStep is null)
        {
            (_firstStep, _firstStepAt) = (progress.Step, time.GetUtcNow().UtcDateTime);
        }

        var seconds = _clock.SecondsPerStep;
        var status = Show(new TrainerStatus
        {
            Step = progress.Step,
            Tokens = progress.Tokens,
            Loss = progress.Loss,
            GradientNorm = Finite(observed.GradientNorm),
            LearningRate = learningRate,
            SecondsPerStep = seconds,
            TokensPerSecond = seconds > 0 ? optimization.BatchTokens / seconds : 0,
            EtaSeconds = seconds * (optimization.Steps - progress.Step),
            Gain = _gain is { } gain && double.IsFinite(gain.Forward) && double.IsFinite(gain.Backward) ? gain : null,
            StabilityState = report.State.ToString(),
        });
        if (prints)
        {
            printer.Progress(status);
        }
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private TrainerStatus Show(TrainerStatus status)
    {
        status.Attempt = attempt;
        status.TotalSteps = optimization.Steps;
        status.OwnsFolder = true;
        status.ValidationLoss = _validationLoss;
        status.BytesSent = bytesSent() is > 0 and var bytes ? bytes : null;
        status.LatestCheckpoint = ledger.Latest;
        status.VerifiedCheckpoint = ledger.LatestVerified;
        status.FirstStep = _firstStep;
        status.FirstStepAt = _firstStepAt;
        board.Current = new TrainerSnapshot(status, _skipped, keeper.Failures, keeper.LastSeconds) { CheckpointBytes = keeper.LastWritten?.OwnBytes, CheckpointWriteSeconds = keeper.LastWritten?.WriteSeconds, CheckpointCommitSeconds = keeper.LastWritten?.Seconds };
        return status;
    }
}
