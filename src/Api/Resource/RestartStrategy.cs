using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>What is started again when a process has failed and its pod has not.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RestartStrategy>))]
public enum RestartStrategy
{
    /// <summary>In place with the operator's own trainer, which can; anew with any other program.</summary>
    Automatic,

    /// <summary>The processes, inside the pods that are there; the pods where that cannot be.</summary>
    InPlace,

    /// <summary>The pods.</summary>
    Recreate,
}
