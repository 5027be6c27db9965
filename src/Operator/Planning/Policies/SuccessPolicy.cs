using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// The job has succeeded when every rank has ended with 0 by itself. A rank that had been told to end (the job is suspended, its pod
/// deleted or taken away) may end with 0 as well: that is a success only where rank 0 has reported the last step.
/// </summary>
internal static class SuccessPolicy
{
    /// <summary>True: the job is done.</summary>
    public static bool Apply(PlanContext context)
    {
        if (context.Status.Attempt == 0 || !context.Gang.IsDone)
        {
            return false;
        }

        // The last report is older than the last step: rank 0 leaves how it ended in its termination message. A program that leaves nothing
        // has done all steps nevertheless: by the contract, that is what exit code 0 says.
        var steps = context.Spec.Optimization.Steps;
        var end = TerminationMessageReader.ReadStatus(context.Gang.Current[0].TerminationMessage);
        if (!context.Gang.HasSucceeded && Math.Max(end?.Step ?? 0, context.Status.Progress?.Step ?? 0) < steps)
        {
            return false;
        }

        if (end is not null)
        {
            ProgressPolicy.Take(context, end, context.Now);
        }

        var last = context.Status.Progress ?? new ProgressStatus();
        context.Status.Progress =
            last with { Step = Math.Max(last.Step, steps), TotalSteps = steps, EtaSeconds = 0, UpdatedAt = context.Now.UtcDateTime };
        FinishedPolicy.Succeed(context);
        return true;
    }
}
