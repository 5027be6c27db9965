namespace MhcOperator.Api;

/// <summary>Annotations that the operator sets.</summary>
public static class Annotations
{
    /// <summary>The attempt that the pod's processes are to begin next, as <see cref="Contract.RestartOrder"/> writes it.</summary>
    public const string Order = "training.mhc.dev/order";

    /// <summary>
    /// Grows as long as the order has not been followed. A kubelet writes the order's file anew when its pod changes, but may miss a change
    /// that comes while it is at work on its volumes; it would look by itself after 60 to 90 seconds only.
    /// </summary>
    public const string OrderCount = "training.mhc.dev/order-count";

    /// <summary>What the ranks of the pod's gang know each other by (<see cref="Contract.TrainerEnvironment.GangSecret"/>).</summary>
    public const string GangSecret = "training.mhc.dev/gang-secret";

    /// <summary>Uid of the job that a claim was made for.</summary>
    public const string MadeFor = "training.mhc.dev/made-for";
}
