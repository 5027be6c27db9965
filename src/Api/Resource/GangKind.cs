using System.Text.Json.Serialization;

namespace MhcOperator.Api;

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
