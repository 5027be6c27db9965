using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Cli.Run;

/// <summary>What a person wants to see of a run at one moment.</summary>
internal sealed record RunSnapshot
{
    /// <summary>Name of the job.</summary>
    public required string Name { get; init; }

    /// <summary>Since the run began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>One word.</summary>
    public required string Phase { get; init; }

    /// <summary>Attempt, from 1; 0: none yet.</summary>
    public required int Attempt { get; init; }

    /// <summary>Updates asked for.</summary>
    public required int TotalSteps { get; init; }

    /// <summary>What rank 0 of this attempt last said; null before it did.</summary>
    public TrainerStatus? Trainer { get; init; }

    /// <summary>Updates done.</summary>
    public int Step => Trainer?.Step ?? 0;

    /// <summary>Makes one of the newest that is known.</summary>
    public static RunSnapshot Of(MhcTrainingJob job, TrainerStatus? trainer, TimeSpan elapsed) => new()
    {
        Name = job.Metadata.Name,
        Elapsed = elapsed,
        Phase = job.Status?.Phase ?? "Pending",
        Attempt = job.Status?.Attempt ?? 0,
        TotalSteps = job.Spec.Optimization.Steps,
        Trainer = trainer?.Attempt == job.Status?.Attempt ? trainer : null,
    };
}
