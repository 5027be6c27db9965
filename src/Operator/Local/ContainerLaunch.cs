using k8s.Models;

namespace MhcOperator.Operator.Local;

/// <summary>One container that is to be started.</summary>
/// <param name="Pod">Its pod.</param>
/// <param name="Container">The container, with the contract's environment as it would be in a cluster.</param>
/// <param name="Configuration">Text of the trainer's configuration file; null where the pod mounts none.</param>
internal sealed record ContainerLaunch(V1Pod Pod, V1Container Container, string? Configuration);
