namespace MhcOperator.Operator.Clusters;

/// <summary>An API that not every cluster has and that a job may ask for.</summary>
public enum ApiFeature
{
    /// <summary>PodGroup of scheduler-plugins.</summary>
    Coscheduling,

    /// <summary>PodGroup of Volcano.</summary>
    Volcano,

    /// <summary>PodGroup, or at first Workload, of Kubernetes itself (KEP-4671).</summary>
    NativeGangs,

    /// <summary>ResourceClaimTemplate of dynamic resource allocation (KEP-4381).</summary>
    ResourceClaims,
}
