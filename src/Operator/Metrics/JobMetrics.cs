using System.Buffers;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Planning.Policies;

namespace MhcOperator.Operator.Metrics;

/// <summary>
/// The metrics of each job, by <c>namespace</c> and <c>mhcjob</c> (<c>job</c> is Prometheus' own), written at each scrape from the jobs as
/// they are cached: a job that is gone has none. Only the leader has jobs, so that sums over the replicas do not double. The text is
/// written straight away: a library's series for 5,000 jobs would be kept in memory and would have to be taken back one by one.
/// </summary>
internal sealed class JobMetrics
{
    private static readonly StepsLostStatus NoneLost = new();

    private readonly TextFamily[] _families;
    private Func<IReadOnlyList<JobManifest>>? _jobs;

    /// <summary>Nobody leads yet.</summary>
    public JobMetrics() => _families =
    [
        new("mhc_job_info", "gauge", "1; what the job is, in the words of its spec.", Info),
        new("mhc_job_phase", "gauge", "1 for the phase that the job is in; Other: one that the operator does not give.", Phase),
        new(
            "mhc_job_condition", "gauge",
            "1 for the status and the reason that each condition has; reason Other: one that the operator does not give.",
            Conditions),
        new("mhc_job_step", "gauge", "Updates done, as rank 0 last said.", Of(job => job.Status?.Progress?.Step)),
        new("mhc_job_steps", "gauge", "Updates asked for.", Of(job => job.Spec?.Optimization.Steps)),
        new(
            "mhc_job_last_step_timestamp_seconds", "gauge", "When the step was last seen to move, in seconds since 1970.",
            Of(job => Seconds(job.Status?.Progress?.UpdatedAt))),
        new("mhc_job_rollbacks", "gauge", "Returns to a healthy checkpoint so far.", Of(job => job.Status?.RollbackCount ?? 0)),
        new("mhc_job_rollbacks_left", "gauge", "Rollbacks that are left of stability.rollback.limit, were the next one now.",
            Of(RollbacksLeft)),
        new("mhc_job_restarts", "gauge", "Restarts after failures so far.", Of(job => job.Status?.Restarts ?? 0)),
        new("mhc_job_restarts_left", "gauge", "Restarts that are left of runPolicy.maxRestarts, were the next one now.", Of(RestartsLeft)),
        new(
            "mhc_job_checkpoint_step", "gauge", "Step of the newest checkpoint.",
            Both(job => job.Status?.Checkpoints?.Latest, job => job.Status?.Checkpoints?.Verified)),
        new(
            "mhc_job_checkpoint_timestamp_seconds", "gauge", "When the operator first heard of that checkpoint, in seconds since 1970.",
            Both(job => Seconds(job.Status?.Checkpoints?.LatestAt), job => Seconds(job.Status?.Checkpoints?.VerifiedAt))),
        new(
            "mhc_job_steps_lost_total", "counter",
            "Steps that had to be done again, as far as rank 0 had told of them, by cause (Rollback, Restart after a failure, Disruption by the cluster, Suspension).",
            StepsLost),
        new(
            "mhc_job_deadline_timestamp_seconds", "gauge",
            "When runPolicy.activeDeadlineSeconds ends the job, in seconds since 1970; only while it is active.",
            Of(Deadline)),
        new(
            "mhc_job_finished_timestamp_seconds", "gauge", "When the job succeeded or failed, in seconds since 1970.",
            Of(job => Seconds(job.Status?.FinishedAt))),
    ];

    /// <summary>From now on this process leads, and these are its jobs; null: it no longer does.</summary>
    public void Lead(Func<IReadOnlyList<JobManifest>>? list) => Volatile.Write(ref _jobs, list);

    /// <summary>Writes all of them; nothing where this process does not lead.</summary>
    /// <param name="output">Gets UTF-8 in Prometheus' text format 0.0.4.</param>
    public void Write(IBufferWriter<byte> output)
    {
        if (Volatile.Read(ref _jobs) is not { } list)
        {
            return;
        }

        var samples = list().Where(job => job.Job?.Spec.ManagedBy is null or MhcTrainingJob.ManagedByThisOperator).Select(JobSample.Of)
            .ToArray();
        foreach (var family in _families)
        {
            family.Write(new TextSamples(output, family.Name), samples);
        }
    }

    private static void Info(TextSamples text, JobSample job)
    {
        if (job.Spec is { } spec)
        {
            text.Write(
                job.Labels,
                $",device=\"{spec.Workers.Device}\",precision=\"{spec.Optimization.Precision}\",residual=\"{spec.Model.Residual}\",response=\"{spec.Stability.Response}\"",
                1);
        }
    }

    private static void Phase(TextSamples text, JobSample job) =>
        text.Write(job.Labels, $",phase=\"{KnownWords.Of(job.Status?.Phase ?? "Pending", KnownWords.Phases)}\"", 1);

    /// <remarks>
    /// Of the types that there are and one of each: a status that somebody else has written must not spoil the whole scrape.
    /// </remarks>
    private static void Conditions(TextSamples text, JobSample job)
    {
        if (job.Status is not { } status)
        {
            return;
        }

        foreach (var type in KnownWords.ConditionTypes)
        {
            if (Planning.Inputs.Conditions.Find(status.Conditions, type) is { } condition)
            {
                var value = condition.Status is Planning.Inputs.Conditions.True or Planning.Inputs.Conditions.False ? condition.Status
                    : Planning.Inputs.Conditions.Unknown;
                text.Write(
                    job.Labels, $",type=\"{type}\",status=\"{value}\",reason=\"{KnownWords.Of(condition.Reason, KnownWords.ConditionReasons)}\"", 1);
            }
        }
    }

    private static void StepsLost(TextSamples text, JobSample job)
    {
        var lost = job.Status?.StepsLost ?? NoneLost;
        text.Write(job.Labels, $",cause=\"{StepsLostPolicy.Rollback}\"", lost.Rollback);
        text.Write(job.Labels, $",cause=\"{StepsLostPolicy.Restart}\"", lost.Restart);
        text.Write(job.Labels, $",cause=\"{StepsLostPolicy.Disruption}\"", lost.Disruption);
        text.Write(job.Labels, $",cause=\"{StepsLostPolicy.Suspension}\"", lost.Suspension);
    }

    private static double? RollbacksLeft(JobSample job) =>
        job.Spec is { Stability.Rollback: var policy }
            ? Math.Max(0, policy.Limit - (job.Status is { } status ? RollbackBudget.Used(status, policy, status.Progress?.Step ?? 0) : 0))
            : null;

    private static double? RestartsLeft(JobSample job) =>
        job.Spec is { } spec
            ? Math.Max(
                0, spec.RunPolicy.MaxRestarts - (job.Status is { } status
                    ? RestartBudget.Used(status, spec.RunPolicy, spec.Optimization.Steps) : 0))
            : null;

    private static double? Deadline(JobSample job) =>
        job is { Spec: { Suspend: false, RunPolicy.ActiveDeadlineSeconds: { } seconds }, Status: { FinishedAt: null, StartedAt: { } started } } ? Seconds(started) + seconds : null;

    private static double? Seconds(DateTime? time) => time is { } at ? (at.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds : null;

    private static TextFamily.Writing Of(Func<JobSample, double?> read) => (text, job) =>
    {
        if (read(job) is { } value)
        {
            text.Write(job.Labels, "", value);
        }
    };

    private static TextFamily.Writing Both(Func<JobSample, double?> latest, Func<JobSample, double?> verified) => (text, job) =>
    {
        if (latest(job) is { } newest)
        {
            text.Write(job.Labels, ",state=\"Latest\"", newest);
        }

        if (verified(job) is { } good)
        {
            text.Write(job.Labels, ",state=\"Verified\"", good);
        }
    };
}
