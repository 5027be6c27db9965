using System.Text.Json.Nodes;
using k8s.Models;

namespace MhcOperator.Api;

/// <summary>What is known of the job.</summary>
public sealed record MhcTrainingJobStatus
{
    /// <summary>Generation of the spec that this speaks of.</summary>
    public long? ObservedGeneration { get; set; }

    /// <summary>Conditions, by the Kubernetes conventions.</summary>
    public IReadOnlyList<V1Condition> Conditions { get; set; } = [];

    /// <summary>One word for people; derived from the conditions.</summary>
    public string Phase { get; set; } = "Pending";

    /// <summary>Why, in one word; derived from the conditions.</summary>
    public string? Reason { get; set; }

    /// <summary>Gangs that were begun so far, with new pods or in those of the one before; 0: none yet.</summary>
    public int Attempt { get; set; }

    /// <summary>Pods of the current attempt.</summary>
    public WorkerCounts Workers { get; set; } = new();

    /// <summary>How far it is.</summary>
    public ProgressStatus? Progress { get; set; }

    /// <summary>Whether it is healthy.</summary>
    public StabilityStatus? Stability { get; set; }

    /// <summary>Newest checkpoints.</summary>
    public CheckpointsStatus? Checkpoints { get; set; }

    /// <summary>Steps that had to be done again; null: none.</summary>
    public StepsLostStatus? StepsLost { get; set; }

    /// <summary>Gang restarts after infrastructure failures.</summary>
    public int Restarts { get; set; }

    /// <summary>Those of <see cref="Restarts"/> that healthy progress has not given back; null: all.</summary>
    public int? RestartsUsed { get; set; }

    /// <summary>Step at which the last of them happened, from which progress counts.</summary>
    public int? RestartedAtStep { get; set; }

    /// <summary>Attempts in a row, the current one not counted, that were given up before all of their pods ran; null: none.</summary>
    public int? FailedStarts { get; set; }

    /// <summary>How far training had come when the trainer last ended with 70, an error of its own; null: it never did.</summary>
    public int? UnforeseenAtStep { get; set; }

    /// <summary>Restarts that kept their pods; null before the first.</summary>
    public InPlaceStatus? InPlace { get; set; }

    /// <summary>Newest returns to a healthy checkpoint.</summary>
    public IReadOnlyList<RollbackRecord> Rollbacks { get; set; } = [];

    /// <summary>Number of all of them, also of those that <see cref="Rollbacks"/> no longer holds.</summary>
    public int RollbackCount
    {
        get => Math.Max(field, Rollbacks.Count);
        set;
    }

    /// <summary>Those not given back by healthy progress at the last of them, it included; null: as <see cref="Rollbacks"/> say.</summary>
    public int? RollbacksUsed { get; set; }

    /// <summary>Fields of the spec that may not change, or not while the job runs, as the operator acts on them.</summary>
    public JsonObject? AcceptedSpec { get; set; }

    /// <summary>Until then a restart waits (back-off).</summary>
    public DateTime? RestartNotBefore { get; set; }

    /// <summary>When the first gang was made, or the last resume.</summary>
    public DateTime? StartedAt { get; set; }

    /// <summary>When it succeeded or failed.</summary>
    public DateTime? FinishedAt { get; set; }
}

/// <summary>Pods of the current attempt.</summary>
public sealed record WorkerCounts
{
    /// <summary>Made and not ended.</summary>
    public int Active { get; set; }

    /// <summary>Running and ready.</summary>
    public int Ready { get; set; }

    /// <summary>Ended with 0.</summary>
    public int Succeeded { get; set; }

    /// <summary>Ended otherwise.</summary>
    public int Failed { get; set; }
}

/// <summary>How far training has come, as rank 0 last said.</summary>
public sealed record ProgressStatus
{
    /// <summary>Updates done.</summary>
    public int Step { get; set; }

    /// <summary>Updates asked for.</summary>
    public int TotalSteps { get; set; }

    /// <summary>Training loss of the last update, nats per token; absent where not finite.</summary>
    public double? Loss { get; set; }

    /// <summary>Last measured loss on data kept back, nats per token; absent where there is none.</summary>
    public double? ValidationLoss { get; set; }

    /// <summary>Over the whole gang.</summary>
    public double TokensPerSecond { get; set; }

    /// <summary>Seconds left at that speed.</summary>
    public double? EtaSeconds { get; set; }

    /// <summary>When it was read.</summary>
    public DateTime? UpdatedAt { get; set; }
}

/// <summary>Newest checkpoints.</summary>
public sealed record CheckpointsStatus
{
    /// <summary>Step of the newest committed one.</summary>
    public int? Latest { get; set; }

    /// <summary>When the operator first heard of it; null: before it kept that.</summary>
    public DateTime? LatestAt { get; set; }

    /// <summary>Step of the newest verified one.</summary>
    public int? Verified { get; set; }

    /// <summary>When the operator first heard that it is; null: before it kept that.</summary>
    public DateTime? VerifiedAt { get; set; }

    /// <summary>Uid of the claim that the operator made or found for them.</summary>
    public string? ClaimUid { get; set; }

    /// <summary>True: this job has begun with checkpoints of its own, where <c>checkpoints.resume</c> is None.</summary>
    public bool? Begun { get; set; }

    /// <summary>What people should know of them: whose they are, or that they are lost.</summary>
    public string? Message { get; set; }
}

/// <summary>Whether training is healthy.</summary>
public sealed record StabilityStatus
{
    /// <summary>Unknown, Healthy, Suspicious or Unstable.</summary>
    public string State { get; set; } = "Unknown";

    /// <summary>Residual gain; absent for a plain residual path.</summary>
    public GainStatus? Gain { get; set; }

    /// <summary>Distance of residual mappings from doubly stochastic; absent but for mHC.</summary>
    public GapStatus? Gap { get; set; }
}

/// <summary>Composite Amax gain of the residual mappings (arXiv 2512.24880, section 5.4).</summary>
public sealed record GainStatus
{
    /// <summary>max |row sum|.</summary>
    public double Forward { get; set; } = 1;

    /// <summary>max |column sum|.</summary>
    public double Backward { get; set; } = 1;
}

/// <summary>How far the residual mappings of mHC are from doubly stochastic: the largest over all tokens and sublayers.</summary>
public sealed record GapStatus
{
    /// <summary>max |row sum − 1|.</summary>
    public double Row { get; set; }

    /// <summary>max |column sum − 1|.</summary>
    public double Column { get; set; }
}

/// <summary>One return to a healthy checkpoint.</summary>
public sealed record RollbackRecord
{
    /// <summary>Attempt that was found unstable.</summary>
    public int Attempt { get; set; }

    /// <summary>Reason of the verdict.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Step at which it was found.</summary>
    public int DetectedStep { get; set; }

    /// <summary>Step at which it began.</summary>
    public int OnsetStep { get; set; }

    /// <summary>Step of the checkpoint that was restored; 0: from the start.</summary>
    public int RestoredStep { get; set; }

    /// <summary>Data steps left out, `a-b`.</summary>
    public string Skipped { get; set; } = "";

    /// <summary>Factor from this rollback on, all before it included.</summary>
    public double LearningRateFactor { get; set; } = 1;

    /// <summary>Tier of recovery, one of <see cref="RecoveryTiers"/>.</summary>
    public string Tier { get; set; } = RecoveryTiers.RecreateGang;

    /// <summary>From detection to the first new step.</summary>
    public double? Seconds { get; set; }

    /// <summary>When the operator learned of it.</summary>
    public DateTime? DetectedAt { get; set; }
}

/// <summary>Ways for a gang to begin its next attempt, the cheapest first.</summary>
public static class RecoveryTiers
{
    /// <summary>New processes in the pods that are there.</summary>
    public const string RestartInPlace = "RestartInPlace";

    /// <summary>New pods.</summary>
    public const string RecreateGang = "RecreateGang";
}

/// <summary>Restarts that kept their pods.</summary>
public sealed record InPlaceStatus
{
    /// <summary>
    /// Attempt for which the pods that are there were made, where that is not the current one; null: they were made for it.
    /// </summary>
    public int? PodsAttempt { get; set; }

    /// <summary>
    /// True: not every process of the current attempt has been seen to begin; null: all have, or the pods were made anew.
    /// </summary>
    public bool? Pending { get; set; }

    /// <summary>How many there were.</summary>
    public int Restarts { get; set; }

    /// <summary>Furthest step at the last of them: there is no other in place before training has come further.</summary>
    public int AtStep { get; set; }

    /// <summary>When the last of them was decided.</summary>
    public DateTime? Since { get; set; }
}

/// <summary>Steps that were done and had to be done again, as far as rank 0 had told of them.</summary>
public sealed record StepsLostStatus
{
    /// <summary>Given up for a healthy checkpoint.</summary>
    public long Rollback { get; set; }

    /// <summary>Lost with a failure.</summary>
    public long Restart { get; set; }

    /// <summary>Lost when the cluster took a worker away.</summary>
    public long Disruption { get; set; }

    /// <summary>Lost when the job was suspended.</summary>
    public long Suspension { get; set; }

    /// <summary>Step that training had come to when it last ended; null: the gang since then has told where it went on.</summary>
    public int? FromStep { get; set; }

    /// <summary>Why it ended: <c>Rollback</c>, <c>Restart</c>, <c>Disruption</c> or <c>Suspension</c>.</summary>
    public string? Cause { get; set; }
}
