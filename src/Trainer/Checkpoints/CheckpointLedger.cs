using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// What is known of every checkpoint. All ranks keep the same ledger, since all feed it the same events; rank 0 alone carries it to the
/// folder. A folder that cannot be written is a warning: the ledger stays right, and the next change tries again.
/// </summary>
/// <param name="folder">Where changes are written; null on the other ranks.</param>
/// <param name="spec">Trust and retention.</param>
/// <param name="warn">Takes lines for people.</param>
/// <param name="background">Where the folder is written; null: at once.</param>
/// <param name="fence">Lets nobody but the folder's owner write; null where it has one writer for certain.</param>
internal sealed class CheckpointLedger(CheckpointFolder? folder, CheckpointsSpec spec, Action<string> warn, FolderWork? background = null,
    CheckpointFence? fence = null)
{
    private readonly SortedDictionary<int, CheckpointHealth> _entries = [];
    private int _healthy; // the last healthy step

    /// <summary>Everything that is known, ascending.</summary>
    public IReadOnlyList<LedgerEntry> Entries => [.. _entries.Select(e => new LedgerEntry(e.Key, e.Value))];

    /// <summary>Steps of the verified checkpoints, ascending.</summary>
    public IReadOnlyList<int> Verified => [.. _entries.Where(e => e.Value == CheckpointHealth.Verified).Select(e => e.Key)];

    /// <summary>Step of the newest checkpoint that is not quarantined.</summary>
    public int? Latest => Entries.LastOrDefault(e => e.State != CheckpointHealth.Quarantined)?.Step;

    /// <summary>Step of the newest verified checkpoint.</summary>
    public int? LatestVerified => Entries.LastOrDefault(e => e.State == CheckpointHealth.Verified)?.Step;

    /// <summary>Takes over what another ledger knows.</summary>
    public void Load(IEnumerable<LedgerEntry> entries)
    {
        _entries.Clear();
        foreach (var entry in entries)
        {
            _entries[entry.Step] = entry.State;
        }
    }

    /// <summary>A checkpoint was committed, perhaps some steps after the one that it holds.</summary>
    public void Committed(int step)
    {
        _entries[step] = CheckpointHealth.Candidate;
        Verify();
        Prune();
    }

    /// <summary>A step was healthy: candidates that are old enough by now are verified.</summary>
    /// <param name="step">The healthy update.</param>
    public void Healthy(int step)
    {
        _healthy = step;
        if (Verify())
        {
            Prune();
        }
    }

    /// <summary>Checkpoints from a step on must not be used.</summary>
    public void QuarantineFrom(int step, string reason)
    {
        // What was healthy from that step on is undone.
        _healthy = Math.Min(_healthy, step - 1);
        foreach (var entry in Entries.Where(e => e.Step >= step && e.State != CheckpointHealth.Quarantined))
        {
            Set(entry.Step, CheckpointHealth.Quarantined, reason);
        }
    }

    /// <summary>One checkpoint must not be used.</summary>
    public void Quarantine(int step, string reason) => Set(step, CheckpointHealth.Quarantined, reason);

    /// <summary>Waits until the folder says what the ledger says.</summary>
    public void Finish() => background?.Finish();

    /// <summary>Verifies what training has stayed healthy after for long enough, and says whether there was any.</summary>
    private bool Verify()
    {
        var step = _healthy;
        var ripe = _entries.Where(e => e.Value == CheckpointHealth.Candidate && step - e.Key >= spec.VerifyAfterSteps && step > e.Key)
            .Select(e => e.Key).ToList();
        foreach (var candidate in ripe)
        {
            Set(candidate, CheckpointHealth.Verified, $"training was healthy up to step {step}");
        }

        return ripe.Count > 0;
    }

    private void Set(int step, CheckpointHealth state, string reason)
    {
        _entries[step] = state;
        OnFolder($"the health of checkpoint {step} could not be written", f => f.WriteHealth(step, state, reason));
    }

    private void Prune()
    {
        foreach (var step in Retention.Expired(Entries, spec))
        {
            _entries.Remove(step);
            var verified = LatestVerified;
            OnFolder($"checkpoint {step} could not be deleted", f => Delete(f, step, verified));
        }
    }

    /// <summary>
    /// That the newest verified one is known to be so on the disk comes first: it may have been impossible to write that down.
    /// </summary>
    private static void Delete(CheckpointFolder from, int step, int? verified)
    {
        if (verified is { } newest && from.ReadHealth(newest) != CheckpointHealth.Verified)
        {
            from.WriteHealth(newest, CheckpointHealth.Verified, "training was healthy after it");
        }

        from.Delete(step);
    }

    private void OnFolder(string failure, Action<CheckpointFolder> action)
    {
        if (folder is not { } target)
        {
            return;
        }

        if (background is null)
        {
            Try();
        }
        else
        {
            background.Enqueue(Try);
        }

        void Try()
        {
            try
            {
                if (fence is null)
                {
                    action(target);
                }
                else
                {
                    fence.WhileOwner(() => action(target));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                warn($"{failure}: {e.Message}");
            }
        }
    }
}

/// <summary>One checkpoint as all ranks know it.</summary>
/// <param name="Step">Its step.</param>
/// <param name="State">Its health.</param>
internal sealed record LedgerEntry(int Step, CheckpointHealth State);
