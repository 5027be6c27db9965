using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Policies;

namespace MhcOperator.Operator.Planning;

/// <summary>
/// From what is observed to what is to be done; pure. The policies run in the order below. A decision (a new attempt, suspension, an end)
/// changes the working status only; the policies after it work out what the world must look like for that status. So a plan that was
/// carried out in part, or not at all, leads to the same next plan.
/// </summary>
internal static class Planner
{
    public static Plan Plan(Observed observed, DateTimeOffset now)
    {
        var context = new PlanContext(observed, now);
        if (!OwnershipPolicy.IsOurs(context))
        {
            return Context.Plan.Nothing;
        }

        if (context.Job.Metadata.DeletionTimestamp is not null)
        {
            return DeletionPolicy.Apply(context) ? Told(context) : Context.Plan.Nothing;
        }

        // A job that has finished may be edited too: that is observed, and what may not change is still refused.
        var isValid = ValidityPolicy.Apply(context);
        if (isValid && !FinishedPolicy.IsFinished(context) && !context.HasLostPods)
        {
            Decide(context);
        }

        if (FinishedPolicy.IsFinished(context))
        {
            FinishedPolicy.Apply(context);
            TimeToLivePolicy.Apply(context);
        }

        return Told(context);
    }

    private static Plan Told(PlanContext context)
    {
        ReconciledPolicy.Apply(context);
        PhasePolicy.Apply(context);
        return context.ToPlan();
    }

    private static void Decide(PlanContext context)
    {
        StartPolicy.Adopt(context);
        if (SuccessPolicy.Apply(context))
        {
            return;
        }

        if (SuspensionPolicy.Apply(context))
        {
            PodGroupPolicy.Clean(context, current: false);
            WorkerCountsPolicy.Apply(context);
            return;
        }

        StartPolicy.Apply(context);
        ProgressPolicy.Apply(context);
        if (InPlacePolicy.Apply(context))
        {
            ActiveDeadlinePolicy.Apply(context);
        }
        else if (!FailurePolicy.Apply(context) && !ActiveDeadlinePolicy.Apply(context) && !ProgressDeadlinePolicy.Apply(context))
        {
            SchedulingTimeoutPolicy.Apply(context);
        }

        if (FinishedPolicy.IsFinished(context))
        {
            return;
        }

        // All of them, whatever the first says: each object is put right on its own.
        var allowed = ServicePolicy.Apply(context) & ConfigMapPolicy.Apply(context) & ClaimPolicy.Apply(context)
            & NetworkPolicyPolicy.Apply(context) & RefusalPolicy.Apply(context) & PodGroupPolicy.IsPossible(context);
        var namesAreFree = GangPolicy.NamesAreFree(context);
        PodGroupPolicy.Clean(context, current: true);
        GangPolicy.Clear(context);
        WorkerCountsPolicy.Apply(context);
        RunningPolicy.Apply(context);
        if (allowed)
        {
            SchedulingPolicy.Apply(context);
            InPlacePolicy.Order(context);
            GangPolicy.Apply(context, namesAreFree);
        }

        NameConflict.Tell(context);
        StartPolicy.Retract(context);
    }
}
