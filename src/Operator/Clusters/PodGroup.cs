using k8s.Models;

namespace MhcOperator.Operator.Clusters;

/// <summary>
/// An object of some gang scheduler that stands for one gang: a PodGroup, or a Workload. Nothing but its identity is read.
/// </summary>
/// <param name="ApiVersion">Group and version.</param>
/// <param name="Kind">Kind.</param>
public sealed record PodGroup(string ApiVersion, string Kind) : IMetadata<V1ObjectMeta>
{
    /// <summary>Name, labels, owner.</summary>
    public V1ObjectMeta Metadata { get; set; } = new();
}
