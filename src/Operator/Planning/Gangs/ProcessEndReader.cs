using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>Reads how a pod's processes have ended, where their containers go on and wait for an order.</summary>
internal static class ProcessEndReader
{
    /// <summary>Those of this attempt that have failed; one that has ended with 0 takes its container along.</summary>
    /// <param name="reports">What the pod's containers said; null: nothing.</param>
    /// <param name="attempt">The current one: what was said of others is known already.</param>
    public static IReadOnlyList<PodEnd> Read(IReadOnlyList<WorkerReport>? reports, int attempt) =>
    [
        .. (reports ?? []).Where(r => r.Attempt == attempt && r.ExitCode is not (null or ExitCode.Done))
            .Select(r => new PodEnd(r.ExitCode, "Error", r.Message ?? "", ToOffset(r.EndedAt), Held: true)),
    ];

    private static DateTimeOffset? ToOffset(DateTime? time) => time is { } t ? new DateTimeOffset(t.ToUniversalTime()) : null;
}
