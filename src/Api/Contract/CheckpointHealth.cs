using System.Text.Json;
using System.Text.Json.Serialization;

namespace MhcOperator.Api.Contract;

/// <summary>Whether a checkpoint is trusted.</summary>
public enum CheckpointHealth
{
    /// <summary>Committed; nothing is known about what came after it.</summary>
    Candidate,

    /// <summary>Training stayed healthy for long enough after it.</summary>
    Verified,

    /// <summary>Not to be used: it is corrupted, or lies after the point to which training went back.</summary>
    Quarantined,
}

/// <summary>The contract's words for health, in lower case.</summary>
public sealed class CheckpointHealthJsonConverter() : JsonStringEnumConverter<CheckpointHealth>(JsonNamingPolicy.CamelCase,
    allowIntegerValues: false)
{
    /// <summary>The word for a health.</summary>
    public static string WordOf(CheckpointHealth health) => JsonNamingPolicy.CamelCase.ConvertName(health.ToString());
}
