using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>The contract's status and what only the metrics tell.</summary>
/// <param name="Status">The contract's status.</param>
/// <param name="SkippedUpdates">Updates left out by this process, since a loss or gradient was not finite.</param>
/// <param name="CheckpointFailures">Checkpoints that this process could not write.</param>
/// <param name="CheckpointSeconds">How long training stood still for the last checkpoint.</param>
internal sealed record TrainerSnapshot(TrainerStatus Status, int SkippedUpdates, int CheckpointFailures, double CheckpointSeconds)
{
    /// <summary>
    /// Tells from where on a value of the next step would be suspicious, by name: loss, gradientNorm, gain, gapRow, gapColumn. Worked out
    /// when it is asked for.
    /// </summary>
    public Func<IReadOnlyDictionary<string, double>> Limits { get; init; } =
        static () => new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Lines for people and records that could not be written.</summary>
    public int LostLines { get; init; }

    /// <summary>Size of this rank's file of the last checkpoint.</summary>
    public long? CheckpointBytes { get; init; }

    /// <summary>In which that was hashed, written and flushed, in the background.</summary>
    public double? CheckpointWriteSeconds { get; init; }

    /// <summary>From the end of its step until all ranks knew that it was committed.</summary>
    public double? CheckpointCommitSeconds { get; init; }
}
