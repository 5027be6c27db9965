using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>What is divided over the ranks.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Sharding>))]
public enum Sharding
{
    /// <summary>Nothing: every rank holds everything.</summary>
    None,

    /// <summary>The optimizer state (ZeRO stage 1).</summary>
    Optimizer,
}
