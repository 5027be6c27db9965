using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>Says once, when a job begins, which of its scheduling wishes this operator does not carry out: silence would look like consent.</summary>
internal static class SchedulerSupportPolicy
{
    public static void Tell(PlanContext context)
    {
        var scheduling = context.Spec.Scheduling;
        if (scheduling.Gang != GangKind.None)
        {
            context.Warn(Reasons.NotSupported, $"spec.scheduling.gang {scheduling.Gang} is not carried out yet: no PodGroup is made, and only spec.scheduling.timeoutSeconds keeps a gang from waiting with half of its pods");
        }

        if (!string.IsNullOrEmpty(scheduling.Queue))
        {
            context.Warn(Reasons.NotSupported, "spec.scheduling.queue is not carried out yet: the pods are not put into a queue");
        }
    }
}
