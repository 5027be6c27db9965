using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// <c>Reconciled</c>: whether the cluster takes what the operator writes. It is absent until a write is refused that the job still needs,
/// then False with the cluster's words and a Warning, and True again when all are taken. What a gang lacks because of a refused creation
/// <see cref="RefusalPolicy"/> tells. Comes last, when it is known what the plan writes.
/// </summary>
internal static class ReconciledPolicy
{
    public static void Apply(PlanContext context)
    {
        var options = context.Observed.Options;
        foreach (var waiting in context.Observed.Refusals.Where(r => context.Now < r.Again(options)))
        {
            context.RequeueAt(waiting.Again(options));
        }

        var refusal = context.Observed.Refusals
            .Where(r => IsToBeTold(context, r))
            .OrderBy(r => r.Write).ThenBy(r => r.Kind, StringComparer.Ordinal).ThenBy(r => r.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        var told = context.Condition(ConditionTypes.Reconciled);
        if (refusal is null)
        {
            if (told is not null)
            {
                context.SetCondition(ConditionTypes.Reconciled, Conditions.True, Reasons.Reconciled, "the cluster takes every write");
            }

            return;
        }

        var message = ConditionText.Message(refusal.Text);
        if (refusal.Write != WriteKind.Event && (told is not { Status: Conditions.False } || told.Message != message))
        {
            context.Warn(Reasons.WriteRefused, message);
        }

        context.SetCondition(ConditionTypes.Reconciled, Conditions.False, Reasons.WriteRefused, message);
    }

    private static bool IsToBeTold(PlanContext context, Refusal refusal) => refusal switch
    {
        // The caches may show soon that there was no refusal.
        { MayBeGone: true } or { IsUnexplained: true } => context.Now >= refusal.Again(context.Observed.Options) && context.Wants(refusal),

        // The gang that lacks it is told of by its own conditions.
        { IsOfCreation: true } => context.Gang.IsComplete && context.Wants(refusal),
        { Write: WriteKind.Delete or WriteKind.Order or WriteKind.Stop } => context.Wants(refusal),
        _ => true,
    };
}
