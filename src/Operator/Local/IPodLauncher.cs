using k8s.Models;
using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.Local;

/// <summary>The kubelet of the local cluster: processes in earnest, scripts in fast tests.</summary>
internal interface IPodLauncher
{
    /// <summary>Starts one container.</summary>
    /// <exception cref="IOException">It cannot be started; the message says why.</exception>
    ILaunchedContainer Launch(ContainerLaunch launch);

    /// <summary>Asks the trainer in a pod for its status; null where it does not answer within a second.</summary>
    Task<TrainerStatus?> GetStatusAsync(V1Pod pod, CancellationToken cancel);
}
