using System.Text.Json.Serialization;

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

/// <summary>Format of gradients and weights on the wire.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Communication>))]
public enum Communication
{
    /// <summary>As they are.</summary>
    Float32,

    /// <summary>Rounded to bfloat16.</summary>
    BFloat16,

    /// <summary>Block-quantised with error feedback.</summary>
    Int8,

    /// <summary>As Int8, in four bits.</summary>
    Int4,
}

/// <summary>What is divided over the ranks.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Sharding>))]
public enum Sharding
{
    /// <summary>Nothing: every rank holds everything.</summary>
    None,

    /// <summary>The optimizer state (ZeRO stage 1).</summary>
    Optimizer,
}
