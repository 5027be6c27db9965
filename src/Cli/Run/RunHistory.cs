using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Cli.Run;

/// <summary>
/// A run as it was seen: the attempts and their losses. It holds what the summary at the end needs and nothing writes itself out of it.
/// </summary>
internal sealed class RunHistory
{
    private readonly List<AttemptHistory> _attempts = [];

    /// <summary>In the order of their numbers.</summary>
    public IReadOnlyList<AttemptHistory> Attempts => _attempts;

    /// <summary>The job as it was last.</summary>
    public MhcTrainingJob? Job { get; private set; }

    /// <summary>What rank 0 last said.</summary>
    public TrainerStatus? Trainer { get; private set; }

    /// <summary>
    /// Takes in the job as it is when the run begins. A run that is continued brings the rollbacks and restarts of before with it.
    /// </summary>
    public void Begin(MhcTrainingJob job) => Job = job;

    /// <summary>Takes in a new status of the job.</summary>
    /// <returns>Rollbacks that were not there before.</returns>
    public IReadOnlyList<RollbackRecord> Note(DateTimeOffset at, MhcTrainingJob job)
    {
        var before = Job?.Status;
        Job = job;
        if (job.Status is not { } status)
        {
            return [];
        }

        // An attempt can be over before anything was written about it.
        var next = _attempts.Count > 0 ? _attempts[^1].Number + 1 : Math.Max(1, Math.Min((before?.Attempt ?? 0) + 1, status.Attempt));
        for (; next <= status.Attempt; next++)
        {
            _attempts.Add(new AttemptHistory(next, at));
        }

        var added = status.Rollbacks.TakeLast(status.RollbackCount - (before?.RollbackCount ?? 0)).ToList();
        foreach (var rollback in added)
        {
            End(rollback.Attempt, at, $"unstable: {rollback.Reason}");
        }

        if (status.Restarts > (before?.Restarts ?? 0))
        {
            _attempts.FindAll(a => a.Number < status.Attempt).ForEach(a => End(a.Number, at, "lost a worker"));
        }

        if (Ending(status) is { } ending && _attempts.Count > 0)
        {
            End(_attempts[^1].Number, at, ending);
            if (IsTrue(status, ConditionTypes.Succeeded))
            {
                _attempts[^1].Complete(job.Spec.Optimization.Steps);
            }
        }

        return added;
    }

    /// <summary>Takes in an answer of rank 0.</summary>
    public void Note(TrainerStatus status)
    {
        Trainer = status;
        var attempt = _attempts.Find(a => a.Number == status.Attempt);
        attempt?.Note(status.FirstStep, status.Step, status.Loss);
    }

    /// <summary>Step and loss of the first update that was seen.</summary>
    public (int Step, double Loss)? StartLoss => _attempts.Select(a => a.FirstLoss).FirstOrDefault(l => l is not null);

    /// <summary>Step and loss of the last update that was seen.</summary>
    public (int Step, double Loss)? FinalLoss => _attempts.Select(a => a.LastLoss).LastOrDefault(l => l is not null);

    /// <summary>The highest loss that the run-away of a rollback reached, and the last loss before it began.</summary>
    public ((int Step, double Loss)? Before, (int Step, double Loss)? Worst) LossAround(RollbackRecord rollback)
    {
        var attempt = _attempts.Find(a => a.Number == rollback.Attempt);
        return (attempt?.LastBefore(rollback.OnsetStep), attempt?.WorstSince(rollback.OnsetStep));
    }

    private void End(int number, DateTimeOffset at, string result)
    {
        if (_attempts.Find(a => a.Number == number) is { Result: null } attempt)
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
