using System.Globalization;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// The job has its claim for checkpoints. One that is there and belongs to nobody is used: it was retained from a job of this name, or made
/// by hand; the job says so. One that was made for a job of which no pod was accepted goes with that job, since nothing can be in it. A
/// claim that was deleted under the job is made anew, and what it held is said to be lost.
/// </summary>
internal static class ClaimPolicy
{
    /// <summary>False: the gang cannot be made.</summary>
    public static bool Apply(PlanContext context)
    {
        if (context.Spec.Checkpoints.Volume.ClaimName is not null)
        {
            return true;
        }

        if (context.Observed.Claim is not { } claim)
        {
            context.Create(ClaimManifest.For(context.Job));
            return true;
        }

        var isOurs = Gang.IsOwned(claim.Metadata, context.Job);
        if (!isOurs && (claim.Metadata.OwnerReferences ?? []).Any(o => o.Controller == true))
        {
            NameConflict.Note(context, "PersistentVolumeClaim", claim.Metadata);
            return false;
        }

        if (claim.Metadata.DeletionTimestamp is not null)
        {
            var message = $"PersistentVolumeClaim {claim.Metadata.Name} is being deleted: it goes, with every checkpoint in it, as soon as no pod uses it";
            if (context.Status.Checkpoints?.Message != message)
            {
                context.Warn(Reasons.ClaimDeleted, message);
                Tell(context, message);
            }

            return context.Gang.IsComplete;
        }

        Remember(context, claim);
        if (isOurs && context.Spec.Checkpoints.Volume.Policy == VolumePolicy.Retain
            && context.Gang.Current.Count + context.Gang.Previous.Count > 0)
        {
            context.Own(claim, owned: false);
        }

        return true;
    }

    /// <summary>No pod of the job has been accepted: its claim goes with it.</summary>
    public static void Bind(PlanContext context)
    {
        if (context.Observed.Claim is { Metadata: { DeletionTimestamp: null, OwnerReferences: null or { Count: 0 } } } claim
            && IsMadeFor(claim, context.Job))
        {
            context.Own(claim, owned: true);
        }
    }

    /// <summary>Whether the claim is gone, or going, so that no checkpoint of it can be gone on from.</summary>
    public static bool IsLost(PlanContext context) =>
        context.Spec.Checkpoints.Volume.ClaimName is null && context.Status.Checkpoints?.ClaimUid is { } uid
        && (context.Observed.Claim?.Metadata is not { DeletionTimestamp: null } claim || claim.Uid != uid);

    private static void Remember(PlanContext context, V1PersistentVolumeClaim claim)
    {
        var known = context.Status.Checkpoints?.ClaimUid;
        if (known == claim.Metadata.Uid || (known is null && context.Gang.Current.Count == 0))
        {
            return; // as long as no pod was accepted, nothing has been done with it
        }

        if (known is not null)
        {
            Lose(context, claim);
            return;
        }

        context.Status.Checkpoints = (context.Status.Checkpoints ?? new CheckpointsStatus()) with { ClaimUid = claim.Metadata.Uid };
        if ((context.Observed.Status?.Attempt ?? 0) == 0 && !IsMadeFor(claim, context.Job))
        {
            var isOfName = claim.Metadata.Labels?.TryGetValue(Labels.Job, out var job) == true && job == context.Job.Metadata.Name;
            var origin = isOfName ? "kept from the job of this name before" : "not made for this job";
            var next = context.Spec.Checkpoints.Resume == CheckpointResume.None
                ? "its checkpoints are put aside and training begins anew (checkpoints.resume: None)"
                : "training goes on from the newest checkpoint in it, if there is one; a job with checkpoints.resume: None begins anew";
            var made = string.Create(CultureInfo.InvariantCulture, $"made at {claim.Metadata.CreationTimestamp:u}");
            var message = $"PersistentVolumeClaim {claim.Metadata.Name}, {made}, was {origin}: {next}";
            context.Say(Reasons.KeptCheckpoints, message);
            Tell(context, message);
        }
    }

    private static void Lose(PlanContext context, V1PersistentVolumeClaim claim)
    {
        var status = context.Status;
        var step = Math.Max(status.Checkpoints?.Latest ?? 0, status.Progress?.Step ?? 0);
        var reached = step > 0 ? string.Create(CultureInfo.InvariantCulture, $"; it had come to step {step}") : "";
        var message = $"PersistentVolumeClaim {claim.Metadata.Name} was deleted, and every checkpoint in it is lost: training begins again from the start{reached}";
        context.Warn(Reasons.ProgressLost, message);
        status.Checkpoints = new CheckpointsStatus { ClaimUid = claim.Metadata.Uid, Message = message };
        status.Progress = null;
        status.RestartedAtStep = status.RestartedAtStep is null ? null : 0;
        if (status.Rollbacks is [.., var last])
        {
            status.Rollbacks = [.. status.Rollbacks.SkipLast(1), last with { RestoredStep = 0 }]; // there is no such checkpoint any more
        }
    }

    private static bool IsMadeFor(V1PersistentVolumeClaim claim, MhcTrainingJob job) =>
        claim.Metadata.Annotations?.TryGetValue(Annotations.MadeFor, out var uid) == true && uid == job.Metadata.Uid;

    private static void Tell(PlanContext context, string message) =>
        context.Status.Checkpoints = (context.Status.Checkpoints ?? new CheckpointsStatus()) with { Message = message };
}
