namespace MhcOperator.Api;

/// <summary>How the gang finds its nodes.</summary>
public sealed record SchedulingSpec
{
    /// <summary>Who makes the scheduling all-or-nothing.</summary>
    public GangKind Gang { get; set; } = GangKind.None;

    /// <summary>Kueue's LocalQueue.</summary>
    public string? Queue { get; set; }

    /// <summary>Priority class of the pods.</summary>
    public string? PriorityClassName { get; set; }

    /// <summary>Node label in whose domain the gang should stay.</summary>
    public string? TopologyKey { get; set; }

    /// <summary>How strictly it stays there.</summary>
    public TopologyMode Topology { get; set; } = TopologyMode.Preferred;

    /// <summary>Seconds that a gang may hold nodes without running; at least 1.</summary>
    public int TimeoutSeconds { get; set; } = 300;
}
