using MhcOperator.Operator.Clusters;

namespace MhcOperator.Operator.Execution;

/// <summary>What the cluster last warned of about one job's pods that do not run yet.</summary>
internal sealed class WarningMemory
{
    /// <summary>By the pod's uid; replaced as a whole, and only where something is new.</summary>
    public IReadOnlyDictionary<string, ClusterEvent> Warnings { get; set; } = new Dictionary<string, ClusterEvent>(StringComparer.Ordinal);

    /// <summary>Pods that were asked for, and which question it was.</summary>
    public Dictionary<string, int> Asked { get; } = new(StringComparer.Ordinal);

    /// <summary>Questions so far.</summary>
    public int Questions { get; set; }

    /// <summary>When the next may be asked.</summary>
    public DateTimeOffset AskAgainAt { get; set; }
}
