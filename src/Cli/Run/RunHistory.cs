using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Cli.Run;

/// <summary>A run as it was seen: the attempts and their losses. It holds what the summary at the end needs and nothing writes itself out of it.</summary>
internal sealed class RunHistory
{
    private readonly List<AttemptHistory> attempts = [];

    /// <summary>In the order of their numbers.</summary>
    public IReadOnlyList<AttemptHistory> Attempts => attempts;

    /// <summary>The job as it was last.</summary>
    public MhcTrainingJob? Job { get; private set; }

    /// <summary>What rank 0 last said.</summary>
    public TrainerStatus? Trainer { get; private set; }

    /// <summary>Takes in a new status of the job.</summary>
    /// <returns>Rollbacks that were not there before.</returns>
    public IReadOnlyList<RollbackRecord> Note(DateTimeOffset at, MhcTrainingJob job)
    {
        var known = Job?.Status?.Rollbacks.Count ?? 0;
        var restarts = Job?.Status?.Restarts ?? 0;
        var first = Job is null;
        Job = job;
        if (job.Status is not { } status)
        {
            return [];
        }

        // A run that is continued brings the rollbacks of before with it.
        var added = first ? [] : status.Rollbacks.Skip(known).ToList();
        foreach (var rollback in added)
        {
            End(rollback.Attempt, at, $"unstable: {rollback.Reason}");
        }

        if (!first && status.Restarts > restarts)
        {
            End(attempts.Count > 0 ? attempts[^1].Number : 0, at, "lost a worker");
        }

        if (status.Attempt > 0 && (attempts.Count == 0 || status.Attempt > attempts[^1].Number))
        {
            attempts.Add(new AttemptHistory(status.Attempt, at));
        }

        if (Ending(status) is { } ending && attempts.Count > 0)
        {
            End(attempts[^1].Number, at, ending);
            if (IsTrue(status, ConditionTypes.Succeeded))
            {
                attempts[^1].Complete(job.Spec.Optimization.Steps);
            }
        }

        return added;
    }

    /// <summary>Takes in an answer of rank 0.</summary>
    public void Note(TrainerStatus status)
    {
        Trainer = status;
        var attempt = attempts.Find(a => a.Number == status.Attempt);
        attempt?.Note(status.FirstStep, status.Step, status.Loss);
    }

    /// <summary>Step and loss of the first update that was seen.</summary>
    public (int Step, double Loss)? StartLoss => attempts.Select(a => a.FirstLoss).FirstOrDefault(l => l is not null);

    /// <summary>Step and loss of the last update that was seen.</summary>
    public (int Step, double Loss)? FinalLoss => attempts.Select(a => a.LastLoss).LastOrDefault(l => l is not null);

    /// <summary>The highest loss that the run-away of a rollback reached, and the last loss before it began.</summary>
    public ((int Step, double Loss)? Before, (int Step, double Loss)? Worst) LossAround(RollbackRecord rollback)
    {
        var attempt = attempts.Find(a => a.Number == rollback.Attempt);
        return (attempt?.LastBefore(rollback.OnsetStep), attempt?.WorstSince(rollback.OnsetStep));
    }

    private void End(int number, DateTimeOffset at, string result)
    {
        if (attempts.Find(a => a.Number == number) is { Result: null } attempt)
        {
            attempt.EndedAt = at;
            attempt.Result = result;
        }
    }

    private static string? Ending(MhcTrainingJobStatus status) =>
        IsTrue(status, ConditionTypes.Succeeded) ? "succeeded"
        : IsTrue(status, ConditionTypes.Failed) ? "failed"
        : IsTrue(status, ConditionTypes.Suspended) ? "stopped"
        : null;

    /// <summary>Whether a condition is True.</summary>
    public static bool IsTrue(MhcTrainingJobStatus? status, string type) =>
        status?.Conditions.Any(c => string.Equals(c.Type, type, StringComparison.Ordinal)
            && string.Equals(c.Status, "True", StringComparison.Ordinal)) ?? false;
}
