using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>The job has succeeded when every worker has ended with 0.</summary>
internal static class SuccessPolicy
{
    /// <summary>True: the job is done.</summary>
    public static bool Apply(PlanContext context)
    {
        if (context.Status.Attempt == 0 || !context.Gang.HasSucceeded)
        {
            return false;
        }

        // The last report is older than the last step: rank 0 leaves how it ended in its termination message. A program that leaves nothing
        // has done all steps nevertheless: by the contract, that is what exit code 0 says.
        if (TerminationMessageReader.ReadStatus(context.Gang.Current[0].TerminationMessage) is { } end)
        {
            ProgressPolicy.Take(context, end, context.Now);
        }

        var last = context.Status.Progress ?? new ProgressStatus();
        var steps = context.Spec.Optimization.Steps;
        context.Status.Progress = last with { Step = steps, TotalSteps = steps, EtaSeconds = 0, UpdatedAt = context.Now.UtcDateTime };
        FinishedPolicy.Succeed(context);
        return true;
    }
}
