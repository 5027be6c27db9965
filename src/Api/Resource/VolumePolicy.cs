using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>What happens to the checkpoint volume when the job is deleted.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VolumePolicy>))]
public enum VolumePolicy
{
    /// <summary>It stays.</summary>
    Retain,

    /// <summary>It goes with the job.</summary>
    Delete,
}
