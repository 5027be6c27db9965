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
