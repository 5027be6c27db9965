using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Inputs;

/// <summary>How far training had come at the furthest, by what the status says.</summary>
internal static class FurthestStep
{
    public static int Of(MhcTrainingJobStatus status) =>
        Math.Max(status.Progress?.Step ?? 0,
            Math.Max(status.RestartedAtStep ?? 0, status.Rollbacks.Select(r => r.DetectedStep).DefaultIfEmpty().Max()));
}
