using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>The gang: how many pods, and what each one needs.</summary>
public sealed record WorkersSpec
{
    /// <summary>Pods in the gang; 1–4096.</summary>
    public int Replicas { get; set; } = 1;

    /// <summary>Devices, and so ranks, in each pod; 1–16. One pod runs one process a device.</summary>
    public int DevicesPerWorker { get; set; } = 1;

    /// <summary>Where the workers compute.</summary>
    public Device Device { get; set; } = Device.Cpu;

    /// <summary>Extended resource that stands for one device; asked for where <see cref="Device"/> is Cuda.</summary>
    public string ResourceName { get; set; } = "nvidia.com/gpu";

    /// <summary>
    /// Pod template overrides, merged into the pod that the operator makes; fields that the operator does not know are kept.
    /// </summary>
    public JsonObject? Template { get; set; }
}

/// <summary>Where the workers compute.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Device>))]
public enum Device
{
    /// <summary>On the host's cores; the gang talks through gloo.</summary>
    Cpu,

    /// <summary>On NVIDIA devices, which a trainer of one's own uses; ours computes on the host's cores.</summary>
    Cuda,
}
