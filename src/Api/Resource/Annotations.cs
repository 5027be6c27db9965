namespace MhcOperator.Api;

/// <summary>Annotations that the operator puts on pods.</summary>
public static class Annotations
{
    /// <summary>The attempt that the pod's processes are to begin next, as <see cref="Contract.RestartOrder"/> writes it.</summary>
    public const string Order = "training.mhc.dev/order";
}
