using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>What happens when training is found unstable.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StabilityResponse>))]
public enum StabilityResponse
{
    /// <summary>Return to a healthy checkpoint and skip what caused it.</summary>
    Rollback,

    /// <summary>Suspend the job and wait for a person.</summary>
    Suspend,

    /// <summary>Fail the job.</summary>
    Fail,

    /// <summary>Say so, and go on.</summary>
    Observe,
}
