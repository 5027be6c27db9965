using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>
/// Which attempt a job's pods were made for: the current one, or, after restarts in place, one before it. Names, labels and pod groups
/// carry this number, environment and checkpoints the current one.
/// </summary>
internal static class GangAttempt
{
    public static int Of(MhcTrainingJobStatus status) => status.InPlace?.PodsAttempt ?? status.Attempt;
}
