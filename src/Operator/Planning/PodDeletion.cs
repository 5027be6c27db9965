using k8s.Models;

namespace MhcOperator.Operator.Planning;

/// <summary>A pod to delete.</summary>
/// <param name="Pod">The pod; only this uid.</param>
/// <param name="GraceSeconds">Grace in seconds; null: the pod's own.</param>
internal sealed record PodDeletion(V1Pod Pod, int? GraceSeconds = null);
