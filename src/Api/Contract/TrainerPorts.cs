namespace MhcOperator.Api.Contract;

/// <summary>TCP ports of a trainer's pod, and the names that its container gives them.</summary>
public static class TrainerPorts
{
    /// <summary>Where the processes of a gang meet, on rank 0.</summary>
    public const int Rendezvous = 29500;

    /// <summary>Status and metrics of a rank, over HTTP.</summary>
    public const int Status = 8470;

    /// <summary>How a worker's first process has ended, over HTTP; its other processes follow.</summary>
    public const int FirstWorker = 8471;

    /// <summary>Name of <see cref="Rendezvous"/>.</summary>
    public const string RendezvousName = "rendezvous";

    /// <summary>Name of <see cref="Status"/>.</summary>
    public const string StatusName = "status";

    /// <summary>Name of each port from <see cref="FirstWorker"/> on, which tells that its container restarts in place.</summary>
    public const string WorkerName = "mhc-worker";
}
