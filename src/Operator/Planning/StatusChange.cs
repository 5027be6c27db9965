using System.Text.Json;
using k8s.Models;
using MhcOperator.Api;

namespace MhcOperator.Operator.Planning;

/// <summary>
/// Whether a status is worth a write. Decisions and news are written at once; numbers, and how far a gang has come that is starting, wait
/// until the last write is <see cref="OperatorOptions.StatusInterval"/> old. So a gang that starts in that time costs two writes, one that
/// trains a few a minute, and an idle one none.
/// </summary>
/// <param name="Write">Write it now.</param>
/// <param name="LookAgainAt">When the numbers that wait may be written.</param>
internal readonly record struct StatusChange(bool Write, DateTimeOffset? LookAgainAt)
{
    public static StatusChange Between(Observed observed, MhcTrainingJobStatus wanted, DateTimeOffset now)
    {
        var stored = observed.Status;
        if (stored is not null && Same(stored, wanted))
        {
            return new StatusChange(Write: false, LookAgainAt: null);
        }

        var due = observed.StatusWrittenAt + observed.Options.StatusInterval;
        return stored is null || due is null || due <= now || !Same(WithoutDetails(stored), WithoutDetails(wanted))
            ? new StatusChange(Write: true, LookAgainAt: null)
            : new StatusChange(Write: false, due);
    }

    private static bool Same(MhcTrainingJobStatus a, MhcTrainingJobStatus b) =>
        Bytes(a).AsSpan().SequenceEqual(Bytes(b));

    private static byte[] Bytes(MhcTrainingJobStatus status) =>
        JsonSerializer.SerializeToUtf8Bytes(status, ApiJsonContext.Default.MhcTrainingJobStatus);

    private static MhcTrainingJobStatus WithoutDetails(MhcTrainingJobStatus status) => status with
    {
        Workers = new WorkerCounts(),
        Conditions = [.. status.Conditions.Where(c => !TellsOfStarting(c))],
        Progress = null,
        Stability = status.Stability is { } stability ? new StabilityStatus { State = stability.State } : null,
        Checkpoints = null,
    };

    /// <summary>Nothing is wrong, and the gang does not run yet.</summary>
    private static bool TellsOfStarting(V1Condition condition) =>
        condition is { Type: ConditionTypes.GangScheduled or ConditionTypes.Running, Reason: Reasons.Pending or Reasons.Starting or Reasons.Scheduled };
}
