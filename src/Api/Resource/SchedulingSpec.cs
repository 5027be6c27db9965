using System.Text.Json.Serialization;

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

/// <summary>Who makes sure that all pods start or none.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GangKind>))]
public enum GangKind
{
    /// <summary>Nobody but the timeout.</summary>
    None,

    /// <summary>The PodGroup of scheduler-plugins.</summary>
    Coscheduling,

    /// <summary>The PodGroup of Volcano.</summary>
    Volcano,

    /// <summary>The scheduling.k8s.io API of the server.</summary>
    Native,
}

/// <summary>How strictly a gang stays in one domain of <c>scheduling.topologyKey</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TopologyMode>))]
public enum TopologyMode
{
    /// <summary>Where there is room.</summary>
    Preferred,

    /// <summary>Or not at all.</summary>
    Required,
}
