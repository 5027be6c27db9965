using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// Makes the gang: all pods of the current attempt together, but not before the wait is over and every process of an earlier attempt has
/// ended, since two writers must never share a checkpoint folder. A pod that does not end is waited for and named. It is deleted by force
/// only where its node is gone, or not ready for the timeout and either tainted as out of service or left behind by a gang that has the
/// folder: elsewhere that would only take it out of sight, while it may still write. That gang is made beside it, where both keep a lease
/// on the folder (<see cref="FolderLease"/>).
/// </summary>
internal static class GangPolicy
{
    /// <summary>Sends the pods of earlier attempts away, whatever may keep the next gang from being made: they hold nodes.</summary>
    public static void Clear(PlanContext context)
    {
        foreach (var pod in context.Gang.Previous)
        {
            context.Delete(pod.Pod);
        }
    }

    /// <summary>
    /// Notes the pods in the way of those that are to be made: such as have their names, those of the job of this name before that still
    /// live, and those named as this job's are that do not belong to it, or no longer: they may write to the folder that the gang is to
    /// have.
    /// </summary>
    /// <returns>Whether there are none.</returns>
    public static bool NamesAreFree(PlanContext context)
    {
        if (context.Gang.IsComplete)
        {
            return true;
        }

        var name = context.Job.Metadata.Name;
        var names = context.Gang.Missing.Select(w => GangNames.Pod(name, context.Status.Attempt, w)).ToHashSet(StringComparer.Ordinal);
        var inTheWay = context.Gang.Foreign
            .Where(p => names.Contains(p.Metadata.Name)
                || (p.Status?.Phase is not ("Succeeded" or "Failed")
                && (GangNames.IsPod(name, p.Metadata.Name) || NameConflict.IsPredecessors(context, p.Metadata))))
            .ToList();
        inTheWay.ForEach(p => NameConflict.Note(context, "Pod", p.Metadata));
        return inTheWay.Count == 0;
    }

    public static void Apply(PlanContext context, bool namesAreFree)
    {
        var running = context.Gang.Previous.Where(p => !p.IsTerminal).ToList();
        TellStuck(context, running);
        if (context.Status.InPlace?.PodsAttempt is not null || !running.TrueForAll(p => MayBePassed(context, p)))
        {
            return; // an attempt in place has its pods
        }

        if (context.Status.RestartNotBefore is { } notBefore && context.Now < new DateTimeOffset(notBefore.ToUniversalTime()))
        {
            context.RequeueAt(new DateTimeOffset(notBefore.ToUniversalTime()));
            return;
        }

        if (!namesAreFree || !PodGroupPolicy.Ensure(context))
        {
            return;
        }

        var missing = context.Gang.Missing;
        var (job, status, options, gangs) = (context.Job, context.Status, context.Observed.Options, context.Observed.Gangs);
        var secret = Secret(context);
        context.CreatePods(new PodManifests(
            [.. missing.Select(worker => GangNames.Pod(job.Metadata.Name, status.Attempt, worker))],
            place => PodManifest.For(job, status, missing[place], options, gangs, takeOver: running.Count > 0, secret)));
    }

    /// <summary>
    /// What the ranks of the gang know each other by. Pods that are there already have it, so that it needs no place of its own, and is
    /// told to nobody who may not read pods: an operator that died between two of them knows no other way to it.
    /// </summary>
    private static string? Secret(PlanContext context) => context.Gang.Current is [{ } made, ..]
        ? made.Secret
        : Convert.ToHexStringLower(HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(context.Observed.Entropy),
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{context.Job.Metadata.Uid}/{context.Status.Attempt}"))));

    private static void TellStuck(PlanContext context, List<WorkerPod> running)
    {
        var seconds = context.Spec.RunPolicy.TerminationTimeoutSeconds;
        string? stuck = null;
        foreach (var pod in running)
        {
            // The time stamp of a deletion is when the grace period ends.
            if (NodeQuestions.OverdueAt(pod.Pod, seconds) is not { } overdue)
            {
                continue;
            }

            if (context.Now < overdue)
            {
                context.RequeueAt(overdue);
            }
            else if (CannotWrite(context, pod) is { } why)
            {
                context.Warn(Reasons.DeletedByForce, $"pod {pod.Name} is deleted by force: {why}");
                context.DeleteByForce(pod.Pod);
                stuck ??= $"pod {pod.Name} is deleted by force: {why}";
            }
            else
            {
                var still = string.Create(CultureInfo.InvariantCulture,
                    $"pod {pod.Name} on node {pod.Pod.Spec?.NodeName} should have ended by {overdue.PlusSeconds(-seconds):u}");
                stuck ??= MayBePassed(context, pod)
                    ? $"{still}; the new gang claims the checkpoint folder and waits until the lease of that pod must have run out"
                    : $"{still}; the new gang waits, since it may still write checkpoints";
            }
        }

        if (stuck is null)
        {
            return;
        }

        if (context.Condition(ConditionTypes.Restarting) is not { Reason: Reasons.TerminationTimeout })
        {
            context.Warn(Reasons.TerminationTimeout, stuck);
        }

        context.SetCondition(ConditionTypes.Restarting, Conditions.True, Reasons.TerminationTimeout, stuck);
        context.RequeueAt(context.Now + context.Observed.Options.ApiRetry); // the node may have changed, which nothing else tells
    }

    /// <summary>Why no process of an overdue pod can write checkpoints any more; null: one might.</summary>
    private static string? CannotWrite(PlanContext context, WorkerPod pod)
    {
        if (Node(context, pod) is not { } state)
        {
            return null;
        }

        var node = pod.Pod.Spec!.NodeName;
        if (state.IsGone)
        {
            return $"its node {node} is gone";
        }

        if (!IsUnreachable(context, pod))
        {
            return null;
        }

        var silent = string.Create(CultureInfo.InvariantCulture, $"its node {node} is not ready since {state.NotReadySince:u}");
        return state.IsOutOfService ? $"{silent} and tainted as out of service"
            : context.Report is { OwnsFolder: true }
            ? string.Create(CultureInfo.InvariantCulture,
                $"{silent}, and its lease on the checkpoint folder has run out: attempt {context.Status.Attempt} has the folder")
            : null;
    }

    /// <summary>Whether the next gang may be made beside a pod.</summary>
    private static bool MayBePassed(PlanContext context, WorkerPod pod) =>
        IsUnreachable(context, pod) && FolderLease.IsKeptBy(context, pod);

    /// <summary>Whether a pod is overdue, and its node is there but has not been heard of for as long as pods are given to end.</summary>
    private static bool IsUnreachable(PlanContext context, WorkerPod pod)
    {
        var seconds = context.Spec.RunPolicy.TerminationTimeoutSeconds;
        return NodeQuestions.OverdueAt(pod.Pod, seconds) <= context.Now && Node(context, pod) is { NotReadySince: { } since }
            && since.PlusSeconds(seconds) <= context.Now;
    }

    private static NodeState? Node(PlanContext context, WorkerPod pod) =>
        pod.Pod.Spec?.NodeName is { Length: > 0 } node ? context.Observed.Nodes.GetValueOrDefault(node) : null;
}
