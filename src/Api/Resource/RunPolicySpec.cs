using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>Limits of a run, and what is left of it.</summary>
public sealed record RunPolicySpec
{
    /// <summary>Whole-gang restarts after infrastructure failures; at least 0.</summary>
    public int MaxRestarts { get; set; } = 3;

    /// <summary>What is started again when a process has failed and its pod has not.</summary>
    public RestartStrategy RestartStrategy { get; set; } = RestartStrategy.Automatic;

    /// <summary>Steps of progress after which one restart is given back; at least 1.</summary>
    public int RefillAfterSteps { get; set; } = 1000;

    /// <summary>Wait before a restart.</summary>
    public BackoffSpec Backoff { get; set; } = new();

    /// <summary>Seconds that a pod may take to end; also the pods' grace period; at least 1.</summary>
    public int TerminationTimeoutSeconds { get; set; } = 60;

    /// <summary>Seconds that the job may run, suspended time not counted.</summary>
    public int? ActiveDeadlineSeconds { get; set; }

    /// <summary>Seconds without a new step before the gang counts as hung.</summary>
    public int? ProgressDeadlineSeconds { get; set; }

    /// <summary>Seconds after which a finished job is deleted.</summary>
    public int? TtlSecondsAfterFinished { get; set; }

    /// <summary>Which pods are deleted at the end.</summary>
    public CleanPods CleanPods { get; set; } = CleanPods.Running;
}

/// <summary>What is started again when a process has failed and its pod has not.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RestartStrategy>))]
public enum RestartStrategy
{
    /// <summary>In place with the operator's own trainer, which can; anew with any other program.</summary>
    Automatic,

    /// <summary>The processes, inside the pods that are there; the pods where that cannot be.</summary>
    InPlace,

    /// <summary>The pods.</summary>
    Recreate,
}

/// <summary>Wait before a restart: doubles from the initial to the maximum.</summary>
public sealed record BackoffSpec
{
    /// <summary>First wait in seconds; at least 0.</summary>
    public int InitialSeconds { get; set; } = 10;

    /// <summary>Longest wait in seconds; at least the initial.</summary>
    public int MaximumSeconds { get; set; } = 360;
}

/// <summary>Which pods are deleted when the job has finished.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CleanPods>))]
public enum CleanPods
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those in which something still runs, unless they have failed; the others keep their logs.</summary>
    Running,

    /// <summary>All but the pods that failed, so that their logs stay.</summary>
    AllButFailed,

    /// <summary>All.</summary>
    All,
}
