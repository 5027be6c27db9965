namespace MhcOperator.Api;

/// <summary>How the gang works together.</summary>
public sealed record ParallelismSpec
{
    /// <summary>What is divided over the ranks.</summary>
    public Sharding Sharding { get; set; } = Sharding.None;

    /// <summary>Format of gradients and weights on the wire.</summary>
    public Communication Communication { get; set; } = Communication.Float32;

    /// <summary>Seconds that a collective waits for a silent peer; 1–86400.</summary>
    public int TimeoutSeconds { get; set; } = 300;
}
