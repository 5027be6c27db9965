namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>How a pod that did not succeed has ended, or is about to.</summary>
/// <param name="ExitCode">Of the container that decides; null where no container has one (deleted, evicted).</param>
/// <param name="Reason">CamelCase, of the container or the pod: Error, OOMKilled, Evicted, Deleted …</param>
/// <param name="Message">The termination message, or the pod's own message.</param>
/// <param name="At">When, by the node's clock; null where nobody says.</param>
/// <param name="Disrupted">The cluster took the pod away (drain, preemption): nobody's failure.</param>
/// <param name="Held">Only a process has ended: its container goes on, and can begin another attempt.</param>
internal sealed record PodEnd(int? ExitCode, string Reason, string Message, DateTimeOffset? At, bool Disrupted = false, bool Held = false);
