using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>Which pods are deleted when the job has finished.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CleanPods>))]
public enum CleanPods
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those in which something still runs, unless they have failed; the others keep their logs.</summary>
    Running,

    /// <summary>All but the pods that failed, so that their logs stay.</summary>
    AllButFailed,

    /// <summary>All.</summary>
    All,
}
