using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Drills;
using MhcOperator.Trainer.Stability;
using MhcOperator.Trainer.Telemetry;

namespace MhcOperator.Trainer.Training;

/// <summary>The loop's collaborators.</summary>
internal sealed record LoopParts
{
    /// <summary>Division of the batch.</summary>
    public required BatchPlan Plan { get; init; }

    /// <summary>Makes token tensors.</summary>
    public required BatchReader Batches { get; init; }

    /// <summary>Data steps to jump over.</summary>
    public required SkipWindows Skip { get; init; }

    /// <summary>Judges steps.</summary>
    public required StabilityMonitor Monitor { get; init; }

    /// <summary>Writes checkpoints when they are due.</summary>
    public required CheckpointKeeper Keeper { get; init; }

    /// <summary>Knows all checkpoints.</summary>
    public required CheckpointLedger Ledger { get; init; }

    /// <summary>Shows how it goes.</summary>
    public required TrainingTelemetry Telemetry { get; init; }

    /// <summary>Rehearsed failures of this process.</summary>
    public required List<Drill> Drills { get; init; }

    /// <summary>Whether to stop.</summary>
    public required StopRequest Stop { get; init; }

    /// <summary>Is told what the loop is at.</summary>
    public required ActivityBoard Activity { get; init; }

    /// <summary>Takes lines for people.</summary>
    public required Action<string> Warn { get; init; }

    /// <summary>Measures the loss that the weights have now on the batch of a data step.</summary>
    public required Func<long, double> LossOf { get; init; }

    /// <summary>Measures the loss on data kept back; null: there is none.</summary>
    public ValidationMeter? Validation { get; init; }

    /// <summary>Lists what is trained on; null: nobody wants to know.</summary>
    public DataLog? DataLog { get; init; }

    /// <summary>Lists what came of it; null: nobody wants to know.</summary>
    public StepLog? StepLog { get; init; }
}
