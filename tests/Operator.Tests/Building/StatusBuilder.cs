using k8s.Models;
using MhcOperator.Api;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>Statuses as an operator has left them.</summary>
internal sealed class StatusBuilder
{
    private readonly MhcTrainingJobStatus _status = new() { ObservedGeneration = 1 };

    public static StatusBuilder MakeStatus() => new();

    /// <summary>An attempt of which all pods have been seen, and run.</summary>
    public static StatusBuilder MakeRunning(int attempt, int workers) => MakeStatus()
        .With(s =>
        {
            s.Attempt = attempt;
            s.Phase = "Running";
            s.StartedAt = Clock.Start.UtcDateTime;
            s.Workers = new WorkerCounts { Active = workers, Ready = workers };
        })
        .Condition(ConditionTypes.Valid, "True", "Accepted", "the spec passes every rule")
        .Condition(ConditionTypes.Suspended, "False", "NotSuspended", "the job is not suspended")
        .Condition(ConditionTypes.GangScheduled, "True", "Scheduled", "every pod has a node")
        .Condition(ConditionTypes.Running, "True", "GangRunning", "every pod runs")
        .Condition(ConditionTypes.Stable, "Unknown", "NoReport", "the trainer has not reported yet");

    public StatusBuilder With(Action<MhcTrainingJobStatus> change)
    {
        change(_status);
        return this;
    }

    public StatusBuilder Condition(string type, string value, string reason, string message = "")
    {
        _status.Conditions =
        [
            .. _status.Conditions.Where(c => c.Type != type),
            new V1Condition { Type = type, Status = value, Reason = reason, Message = message, LastTransitionTime = Clock.Start.UtcDateTime,
                ObservedGeneration = 1 },
        ];
        return this;
    }

    /// <summary>The attempt runs, or is to run, in pods made for another one.</summary>
    public StatusBuilder InPlace(int podsAttempt, bool pending, int atStep = 0, double since = 0) => With(s => s.InPlace = new InPlaceStatus
    {
        PodsAttempt = podsAttempt,
        Pending = pending ? true : null,
        Restarts = s.Attempt - podsAttempt,
        AtStep = atStep,
        Since = Clock.After(since).UtcDateTime,
    });

    public StatusBuilder Rollback(int attempt, int onset, int restored, string skipped = "", double factor = 1, double? seconds = null) =>
        With(s => s.Rollbacks =
    [
        .. s.Rollbacks,
        new RollbackRecord
        {
            Attempt = attempt,
            Reason = "LossSpike",
            OnsetStep = onset,
            DetectedStep = onset,
            RestoredStep = restored,
            Skipped = skipped,
            LearningRateFactor = factor,
            Seconds = seconds,
            DetectedAt = Clock.Start.UtcDateTime,
        },
    ]);

    public MhcTrainingJobStatus Build() => _status;
}
