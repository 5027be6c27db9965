namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>How a pod that did not succeed has ended, or is about to.</summary>
/// <param name="ExitCode">Of the rank that decides; null where no rank has failed (deleted, evicted, another container).</param>
/// <param name="Reason">CamelCase, of the container or the pod: Error, OOMKilled, Evicted, Deleted …</param>
/// <param name="Message">The termination message, or the pod's own message.</param>
/// <param name="At">When, by the node's clock; null where nobody says.</param>
/// <param name="Disrupted">The cluster took the pod away (drain, preemption), or its node did not take it: nobody's failure.</param>
/// <param name="Held">Only a process has ended: its container goes on, and can begin another attempt.</param>
/// <param name="Other">A container that is no rank and has failed, and its code; its codes mean nothing to the trainer's contract.</param>
internal sealed record PodEnd(
    int? ExitCode,
    string Reason,
    string Message,
    DateTimeOffset? At,
    bool Disrupted = false,
    bool Held = false,
    (string Container, int Code)? Other = null);
