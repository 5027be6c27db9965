using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Which checkpoints may go.</summary>
internal static class Retention
{
    /// <summary>
    /// Steps to delete: all but the newest <c>keepLatest</c>, the newest <c>keepVerified</c> verified ones, and as many quarantined
    /// ones as <c>keepLatest</c>, kept for whoever wants to know what happened. The newest verified one always stays.
    /// </summary>
    public static IReadOnlyList<int> Expired(IEnumerable<LedgerEntry> checkpoints, CheckpointsSpec spec)
    {
        var newestFirst = checkpoints.OrderByDescending(c => c.Step).ToList();
        var kept = new HashSet<int>();
        kept.UnionWith(newestFirst.Where(c => c.State != CheckpointHealth.Quarantined).Take(Math.Max(1, spec.KeepLatest))
            .Select(c => c.Step));
        kept.UnionWith(newestFirst.Where(c => c.State == CheckpointHealth.Verified).Take(Math.Max(1, spec.KeepVerified))
            .Select(c => c.Step));
        kept.UnionWith(newestFirst.Where(c => c.State == CheckpointHealth.Quarantined).Take(Math.Max(1, spec.KeepLatest))
            .Select(c => c.Step));
        return [.. newestFirst.Select(c => c.Step).Where(s => !kept.Contains(s))];
    }
}
