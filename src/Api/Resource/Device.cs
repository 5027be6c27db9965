using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>Where the workers compute.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Device>))]
public enum Device
{
    /// <summary>On the host's cores; the gang talks through gloo.</summary>
    Cpu,

    /// <summary>On NVIDIA devices, which a trainer of one's own uses; ours computes on the host's cores.</summary>
    Cuda,
}
