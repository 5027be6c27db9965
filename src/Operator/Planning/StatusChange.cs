using System.Text.Json;
using MhcOperator.Api;

namespace MhcOperator.Operator.Planning;

/// <summary>
/// Whether a status is worth a write. What is not a number is written at once; what is only a number waits until the last write is
/// <see cref="OperatorOptions.StatusInterval"/> old, so that a training job costs a few writes a minute and an idle one none.
/// </summary>
/// <param name="Write">Write it now.</param>
/// <param name="LookAgainAt">When the numbers that wait may be written.</param>
internal readonly record struct StatusChange(bool Write, DateTimeOffset? LookAgainAt)
{
    public static StatusChange Between(Observed observed, MhcTrainingJobStatus wanted, int replicas, DateTimeOffset now)
    {
        var stored = observed.Status;
        if (stored is not null && Same(stored, wanted))
        {
            return new StatusChange(Write: false, LookAgainAt: null);
        }

        var due = observed.StatusWrittenAt + observed.Options.StatusInterval;
        return stored is null || due is null || due <= now || !Same(WithoutNumbers(stored, replicas), WithoutNumbers(wanted, replicas))
            ? new StatusChange(Write: true, LookAgainAt: null)
            : new StatusChange(Write: false, due);
    }

    private static bool Same(MhcTrainingJobStatus a, MhcTrainingJobStatus b) =>
        Bytes(a).AsSpan().SequenceEqual(Bytes(b));

    private static byte[] Bytes(MhcTrainingJobStatus status) =>
        JsonSerializer.SerializeToUtf8Bytes(status, ApiJsonContext.Default.MhcTrainingJobStatus);

    private static MhcTrainingJobStatus WithoutNumbers(MhcTrainingJobStatus status, int replicas) => status with
    {
        // That the gang is whole is a fact that decisions rest on (PlanContext.GangWasComplete), not a mere number.
        Workers = new WorkerCounts
        {
            Active = status.Workers.Active + status.Workers.Succeeded + status.Workers.Failed >= replicas ? 1 : 0,
        },
        Progress = null,
        Stability = status.Stability is { } stability ? new StabilityStatus { State = stability.State } : null,
        Checkpoints = null,
    };
}
