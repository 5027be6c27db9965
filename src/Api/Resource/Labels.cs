namespace MhcOperator.Api;

/// <summary>Labels on everything that the operator makes.</summary>
public static class Labels
{
    /// <summary>Name of the job.</summary>
    public const string Job = "training.mhc.dev/job";

    /// <summary>Attempt that a pod was made for, from 1.</summary>
    public const string Attempt = "training.mhc.dev/attempt";

    /// <summary>First rank of a pod.</summary>
    public const string Rank = "training.mhc.dev/rank";

    /// <summary>Role of a pod; <c>worker</c>.</summary>
    public const string Role = "training.mhc.dev/role";

    /// <summary>Generation of the job's spec that a pod was made from.</summary>
    public const string Generation = "training.mhc.dev/generation";
}
