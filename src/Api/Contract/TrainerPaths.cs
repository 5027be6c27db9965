namespace MhcOperator.Api.Contract;

/// <summary>What a trainer's pod answers to <c>GET</c>.</summary>
public static class TrainerPaths
{
    /// <summary>On <see cref="TrainerPorts.Status"/>: a <see cref="TrainerStatus"/>.</summary>
    public const string Status = "/status";

    /// <summary>On <see cref="TrainerPorts.Status"/>: the same and more for Prometheus.</summary>
    public const string Metrics = "/metrics";

    /// <summary>On <see cref="TrainerPorts.Status"/>: that the process answers at all.</summary>
    public const string Health = "/healthz";

    /// <summary>On <see cref="TrainerPorts.FirstWorker"/>: a <see cref="WorkerReport"/>.</summary>
    public const string Worker = "/worker";

    /// <summary>On <see cref="TrainerPorts.FirstWorker"/>: whether a process runs.</summary>
    public const string Ready = "/readyz";
}
