using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>How strictly a gang stays in one domain of <c>scheduling.topologyKey</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TopologyMode>))]
public enum TopologyMode
{
    /// <summary>Where there is room.</summary>
    Preferred,

    /// <summary>Or not at all.</summary>
    Required,
}
