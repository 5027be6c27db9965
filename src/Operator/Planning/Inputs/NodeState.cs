using k8s.Models;

namespace MhcOperator.Operator.Planning.Inputs;

/// <summary>What a node says of pods on it that are to go.</summary>
/// <param name="IsGone">There is no such node any more.</param>
/// <param name="IsCordoned">It is being drained, or kept free.</param>
/// <param name="IsOutOfService">Somebody vouches that nothing runs on it any more (KEP-2268).</param>
/// <param name="NotReadySince">Since when its kubelet is not heard of; null: it is ready.</param>
internal sealed record NodeState(bool IsGone, bool IsCordoned, bool IsOutOfService, DateTimeOffset? NotReadySince)
{
    private const string OutOfService = "node.kubernetes.io/out-of-service";

    /// <param name="node">As read; null: there is none.</param>
    public static NodeState Of(V1Node? node)
    {
        var ready = (node?.Status?.Conditions ?? []).FirstOrDefault(c => c.Type == "Ready");
        return new NodeState(
            node is null,
            node?.Spec?.Unschedulable == true,
            (node?.Spec?.Taints ?? []).Any(t => t.Key == OutOfService),
            ready is null or { Status: "True" } ? null
                : new DateTimeOffset((ready.LastTransitionTime ?? DateTime.MaxValue).ToUniversalTime()));
    }
}
