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

/// <summary>A container that was started.</summary>
internal interface ILaunchedContainer
{
    /// <summary>Has <paramref name="ended"/> called once, when it has ended; at once where it has already.</summary>
    void OnExit(Action<ContainerExit> ended);

    /// <summary>Asks it to write where it stands (SIGQUIT); no error where it has ended.</summary>
    void Dump();

    /// <summary>Asks it to end (SIGTERM); no error where it has.</summary>
    void Terminate();

    /// <summary>Ends it and everything that it started (SIGKILL); no error where it has.</summary>
    void Kill();
}

/// <summary>One container that is to be started.</summary>
/// <param name="Pod">Its pod.</param>
/// <param name="Container">The container, with the contract's environment as it would be in a cluster.</param>
/// <param name="Configuration">Text of the trainer's configuration file; null where the pod mounts none.</param>
internal sealed record ContainerLaunch(V1Pod Pod, V1Container Container, string? Configuration);

/// <summary>How a container has ended.</summary>
/// <param name="ExitCode">As a shell tells it: 128 + signal where a signal ended it.</param>
/// <param name="Message">What it wrote to its termination message, at most the last 4096 bytes.</param>
internal sealed record ContainerExit(int ExitCode, string Message);
