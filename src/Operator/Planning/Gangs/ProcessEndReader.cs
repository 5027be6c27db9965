using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>Reads how a pod's processes have ended, where their containers go on and wait for an order.</summary>
internal static class ProcessEndReader
{
    /// <summary>Null: none of this attempt has.</summary>
    /// <param name="reports">What the pod's containers said; null: nothing.</param>
    /// <param name="attempt">The current one: what was said of others is known already.</param>
    public static PodEnd? Read(IReadOnlyList<WorkerReport>? reports, int attempt)
    {
        var ended = (reports ?? []).Where(r => r.Attempt == attempt && r.ExitCode is not null).OrderBy(r => PodEndReader.Strength(r.ExitCode)).FirstOrDefault();
        return ended is null ? null : new PodEnd(ended.ExitCode, "Error", ended.Message ?? "", ended.EndedAt is { } at ? new DateTimeOffset(at.ToUniversalTime()) : null, Held: true);
    }
}
