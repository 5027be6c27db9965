using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.Stability;
using MhcOperator.Trainer.Telemetry;

namespace MhcOperator.Trainer.Training;

/// <summary>Puts the newest figures on the status board, the console and into the record.</summary>
internal sealed class TrainingTelemetry(
    StatusBoard board,
    ProgressPrinter printer,
    CheckpointLedger ledger,
    CheckpointKeeper keeper,
    GangIdentity identity,
    OptimizationSpec optimization,
    Func<long> bytesSent,
    TimeProvider time)
{
    private readonly StepClock _clock = new(time);
    private GainStatus? _gain;
    private GapStatus? _gap;
    private double? _validationLoss;
    private int _skipped;
    private int? _firstStep;
    private DateTime? _firstStepAt;

    /// <summary>The record; null on other ranks than the first.</summary>
    public required MetricsLog? Metrics { get; init; }

    /// <summary>When the job was made, in seconds since 1970; 0: nobody said.</summary>
    public required long JobSince { get; init; }

    /// <summary>What a step asks for.</summary>
    public required ModelWork Work { get; init; }

    /// <summary>From where on a value would be suspicious, by name.</summary>
    public required Func<IReadOnlyDictionary<string, double>> Limits { get; init; }

    /// <summary>Sees whether training learns.</summary>
    public required LearningWatch Learning { get; init; }

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
        var (gain, gap) = (Finite(observed.Gain), Finite(observed.Gap));
        (_gain, _gap) = (gain ?? _gain, gap ?? _gap);
        _validationLoss = progress.ValidationLoss ?? _validationLoss;
        _skipped += report.SkipUpdate ? 1 : 0;
        if (_firstStep is null)
        {
            (_firstStep, _firstStepAt) = (progress.Step, time.GetUtcNow().UtcDateTime);
        }

        var notLearning = Learning.Observe(progress.Step, observed.Loss);
        var seconds = _clock.SecondsPerStep;
        var tokensPerSecond = seconds > 0 ? optimization.BatchTokens / seconds : 0;
        var status = Show(new TrainerStatus
        {
            Step = progress.Step,
            Tokens = progress.Tokens,
            Loss = progress.Loss,
            GradientNorm = Finite(observed.GradientNorm),
            LearningRate = Finite(learningRate) ?? 0, // JSON has no infinity
            SecondsPerStep = seconds,
            TokensPerSecond = tokensPerSecond,
            EtaSeconds = seconds * (optimization.Steps - progress.Step),
            Gain = _gain,
            Gap = _gap,
            StabilityState = report.State.ToString(),
            NotLearningSince = Learning.NotSince,
            Epoch = Work.Epoch(progress.DataStep, optimization.BatchTokens),
            PeakMemoryBytes = PeakMemory.OfProcess(),
            ModelFlopsPerSecond = Work.FlopsPerToken * tokensPerSecond,
        });
        Metrics?.Write(new MetricsLine
        {
            Attempt = identity.Attempt,
            JobSince = JobSince > 0 ? JobSince : null,
            Step = progress.Step,
            DataStep = observed.DataStep,
            Tokens = progress.Tokens,
            Time = time.GetUtcNow().UtcDateTime,
            Loss = progress.Loss,
            ValidationLoss = progress.ValidationLoss,
            GradientNorm = status.GradientNorm,
            LearningRate = Finite(learningRate) ?? 0, // JSON has no infinity
            GainForward = gain?.Forward,
            GainBackward = gain?.Backward,
            GapRow = gap?.Row,
            GapColumn = gap?.Column,
            TokensPerSecond = tokensPerSecond,
            StabilityState = status.StabilityState,
            Skipped = report.SkipUpdate,
        });
        if (identity.Rank == 0)
        {
            printer.Progress(status);
            if (notLearning is not null)
            {
                printer.Warn(notLearning);
            }

            if (progress.Step == optimization.Steps)
            {
                printer.Line(Summary(status));
            }
        }
    }

    private static string Summary(TrainerStatus status) => string.Create(
        CultureInfo.InvariantCulture,
        $"{status.Tokens:N0} tokens, {status.Epoch:0.###} epochs; {status.ModelFlopsPerSecond / 1e9:F1} GFLOP/s for the model; at most {status.PeakMemoryBytes / (double)(1 << 20):F0} MiB of memory");

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static GainStatus? Finite(GainStatus? gain) =>
        gain is not null && double.IsFinite(gain.Forward) && double.IsFinite(gain.Backward) ? gain : null;

    private static GapStatus? Finite(GapStatus? gap) =>
        gap is not null && double.IsFinite(gap.Row) && double.IsFinite(gap.Column) ? gap : null;

    private TrainerStatus Show(TrainerStatus status)
    {
        status.Attempt = identity.Attempt;
        status.TotalSteps = optimization.Steps;
        status.OwnsFolder = true;
        status.ValidationLoss = _validationLoss;
        status.BytesSent = bytesSent() is > 0 and var bytes ? bytes : null;
        status.LatestCheckpoint = ledger.Latest;
        status.VerifiedCheckpoint = ledger.LatestVerified;
        status.FirstStep = _firstStep;
        status.FirstStepAt = _firstStepAt;
        board.Current = new TrainerSnapshot(status, _skipped, keeper.Failures, keeper.LastSeconds)
        {
            CheckpointBytes = keeper.LastWritten?.OwnBytes,
            CheckpointWriteSeconds = keeper.LastWritten?.WriteSeconds,
            CheckpointCommitSeconds = keeper.LastWritten?.Seconds,
            Limits = Limits,
            LostLines = printer.Lost + (Metrics?.Lost ?? 0),
        };
        return status;
    }
}
