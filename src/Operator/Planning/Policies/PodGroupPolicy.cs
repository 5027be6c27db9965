using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// The attempt's pod group, where <c>scheduling.gang</c> asks for one. Where the cluster lacks the API, no pod is made, for without the
/// group the gang could be placed in part: the job names what is missing and waits. Groups of other attempts are deleted, and all of them
/// while the job is suspended or when it is over.
/// </summary>
internal static class PodGroupPolicy
{
    /// <summary>The API that a kind of gang scheduling needs; null: none.</summary>
    public static ApiFeature? Feature(GangKind kind) => kind switch
    {
        GangKind.Coscheduling => ApiFeature.Coscheduling,
        GangKind.Volcano => ApiFeature.Volcano,
        GangKind.Native => ApiFeature.NativeGangs,
        _ => null,
    };

    /// <summary>False: the cluster lacks an API that the gang needs, or has not said yet.</summary>
    public static bool IsPossible(PlanContext context) =>
        (context.Spec.Scheduling.Gang == GangKind.None || NeededApi.IsThere(context, context.Observed.Gangs))
        & (!AsksForClaims(context.Job) || NeededApi.IsThere(context, context.Observed.ResourceClaims));

    /// <summary>Whether the pods' template claims devices by dynamic resource allocation.</summary>
    public static bool AsksForClaims(MhcTrainingJob job) =>
        job.Spec.Workers.Template?["spec"]?["resourceClaims"] is System.Text.Json.Nodes.JsonArray { Count: > 0 };

    /// <summary>Makes the group; it comes before its pods, and is made again when it was deleted under them.</summary>
    /// <returns>False: somebody else has its name.</returns>
    public static bool Ensure(PlanContext context)
    {
        if (context.Spec.Scheduling.Gang == GangKind.None || context.Observed.Gangs.IsNotNeeded)
        {
            return true;
        }

        var name = GangNames.PodGroup(context.Job.Metadata, GangAttempt.Of(context.Status));
        if (context.Observed.PodGroups.FirstOrDefault(g => g.Metadata.Name == name && IsOf(g, context.Observed.Gangs)) is not { } group)
        {
            context.Create(PodGroupManifest.For(context.Job, GangAttempt.Of(context.Status), context.Observed.Gangs));
            return true;
        }

        if (Gang.IsOwned(group.Metadata, context.Job))
        {
            return group.Metadata.DeletionTimestamp is null;
        }

        NameConflict.Note(context, group.Kind, group.Metadata);
        return false;
    }

    /// <summary>Deletes the groups that no pod needs any more.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="current">Whether the current attempt still has one.</param>
    public static void Clean(PlanContext context, bool current)
    {
        var name = GangNames.PodGroup(context.Job.Metadata, GangAttempt.Of(context.Status));
        foreach (var group in context.Observed.PodGroups.Where(g => Gang.IsOwned(g.Metadata, context.Job)))
        {
            if (!current || group.Metadata.Name != name || !IsOf(group, context.Observed.Gangs))
            {
                context.Delete(group);
            }
        }
    }

    private static bool IsOf(PodGroup group, ApiSupport api) => group.ApiVersion == api.ApiVersion && group.Kind == api.Kind;
}
