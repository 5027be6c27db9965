using System.Text.Json;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Json;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Context;

/// <summary>
/// Whether a status is worth a write. Decisions and news are written at once. How far a gang has come that is starting waits for
/// <see cref="OperatorOptions.StartInterval"/>, numbers until the last write is <see cref="OperatorOptions.StatusInterval"/> old. So a gang
/// that starts in that time costs two writes, one that trains a few a minute, and an idle one none.
/// </summary>
/// <param name="Write">Write it now.</param>
/// <param name="RequeueAt">When what waits may be written.</param>
internal readonly record struct StatusChange(bool Write, DateTimeOffset? RequeueAt)
{
    public static StatusChange Between(Observed observed, MhcTrainingJobStatus wanted, DateTimeOffset now)
    {
        var stored = observed.Status;
        if (stored is not null && Same(stored, wanted))
        {
            return new StatusChange(Write: false, RequeueAt: null);
        }

        if (stored is null || !Same(WithoutDetails(stored), WithoutDetails(wanted)))
        {
            return new StatusChange(Write: true, RequeueAt: null);
        }

        var due = wanted.Conditions.Any(c => c.Type == ConditionTypes.Running && TellsOfStarting(c))
            ? (observed.StatusDebouncedSince ?? now) + observed.Options.StartInterval
            : observed.StatusWrittenAt + observed.Options.StatusInterval;
        return due is null || due <= now ? new StatusChange(Write: true, RequeueAt: null) : new StatusChange(Write: false, due);
    }

    /// <summary>The one word for people follows from the conditions, and is worth no write of its own.</summary>
    private static bool Same(MhcTrainingJobStatus a, MhcTrainingJobStatus b) =>
        Bytes(a with { Reason = b.Reason }).AsSpan().SequenceEqual(Bytes(b));

    private static byte[] Bytes(MhcTrainingJobStatus status) =>
        JsonSerializer.SerializeToUtf8Bytes(status, ApiJsonContext.Default.MhcTrainingJobStatus);

    private static MhcTrainingJobStatus WithoutDetails(MhcTrainingJobStatus status) => status with
    {
        Workers = new WorkerCounts(),
        Conditions = [.. status.Conditions.Where(c => !TellsOfStarting(c))],
        Progress = null,
        StepsLost = null,
        Stability = status.Stability is { } stability ? new StabilityStatus { State = stability.State } : null,
        Checkpoints = status.Checkpoints is { } c && (c.ClaimUid ?? c.Message) is not null
            ? new CheckpointsStatus { ClaimUid = c.ClaimUid, Message = c.Message, Begun = c.Begun }
            : null,
    };

    /// <summary>Nothing is wrong, and the gang does not run yet.</summary>
    private static bool TellsOfStarting(V1Condition condition) =>
        condition is
        {
            Type: ConditionTypes.GangScheduled or ConditionTypes.Running, Reason: Reasons.Pending or Reasons.Starting
            or Reasons.Scheduled
        };
}
