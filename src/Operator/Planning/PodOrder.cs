using k8s.Models;

namespace MhcOperator.Operator.Planning;

/// <summary>A pod whose processes are to begin another attempt.</summary>
/// <param name="Pod">The pod; only this uid.</param>
/// <param name="Order">Text of the order, for <see cref="Api.Annotations.Order"/>.</param>
/// <param name="Count">Larger than when it was last given, for <see cref="Api.Annotations.OrderCount"/>.</param>
internal sealed record PodOrder(V1Pod Pod, string Order, int Count);
