using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.Planning.Inputs;

/// <summary>Reasons of conditions and events.</summary>
public static class Reasons
{
    public const string Accepted = "Accepted";
    public const string InvalidSpec = "InvalidSpec";
    public const string Rejected = "Rejected";
    public const string ChangeRejected = "ChangeRejected";
    public const string ApiMissing = "ApiMissing";
    public const string NotAllowed = "NotAllowed";
    public const string NameConflict = "NameConflict";
    public const string AwaitingPredecessor = "AwaitingPredecessor";
    public const string WriteRefused = "WriteRefused";
    public const string Reconciled = "Reconciled";
    public const string Deleting = "Deleting";

    public const string KeptCheckpoints = "KeptCheckpoints";
    public const string ClaimDeleted = "ClaimDeleted";
    public const string ProgressLost = "ProgressLost";

    public const string Pending = "Pending";
    public const string Scheduled = "Scheduled";
    public const string Unschedulable = "Unschedulable";
    public const string AwaitingAdmission = "AwaitingAdmission";
    public const string GangRunning = "GangRunning";
    public const string Starting = "Starting";
    public const string Suspended = "Suspended";
    public const string Resumed = "Resumed";
    public const string NotSuspended = "NotSuspended";
    public const string NoReport = "NoReport";
    public const string NotLearning = "NotLearning";

    public const string Restarting = "Restarting";
    public const string RolledBack = "RolledBack";
    public const string InPlaceFailed = "InPlaceFailed";
    public const string TerminationTimeout = "TerminationTimeout";
    public const string DeletedByForce = "DeletedByForce";
    public const string WorkerFailed = "WorkerFailed";
    public const string WorkerLost = "WorkerLost";
    public const string WorkerDisrupted = "WorkerDisrupted";
    public const string WorkerRefused = "WorkerRefused";
    public const string UnstableObserved = "UnstableObserved";
    public const string Hung = "Hung";
    public const string SchedulingTimeout = "SchedulingTimeout";
    public const string VerdictUnreadable = "VerdictUnreadable";

    public const string Succeeded = "Succeeded";
    public const string Finished = "Finished";
    public const string Failed = "Failed";
    public const string ConfigurationInvalid = EndReason.ConfigurationInvalid;
    public const string TrainerError = EndReason.TrainerError;
    public const string DataUnreadable = EndReason.DataUnreadable;
    public const string MaxRestartsExceeded = "MaxRestartsExceeded";
    public const string RollbackLimitExceeded = "RollbackLimitExceeded";
    public const string TrainingUnstable = "TrainingUnstable";
    public const string DeadlineExceeded = "DeadlineExceeded";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Accepted, InvalidSpec, Rejected, ChangeRejected, ApiMissing, NotAllowed, NameConflict, AwaitingPredecessor, WriteRefused,
        Reconciled,
        Deleting, KeptCheckpoints, ClaimDeleted, ProgressLost, Pending, Scheduled, Unschedulable, AwaitingAdmission, GangRunning, Starting,
        Suspended,
        Resumed, NotSuspended, NoReport, NotLearning, Restarting, RolledBack, InPlaceFailed, TerminationTimeout, DeletedByForce,
        WorkerFailed,
        WorkerLost, WorkerDisrupted, WorkerRefused, UnstableObserved, Hung, SchedulingTimeout, VerdictUnreadable, Succeeded,
        Finished, Failed,
        ConfigurationInvalid, TrainerError, DataUnreadable, MaxRestartsExceeded, RollbackLimitExceeded, TrainingUnstable, DeadlineExceeded,
    ];
}
