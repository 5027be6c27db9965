using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Finds the checkpoint to begin with. Rank 0 looks and tells the others, so that all take the same one.</summary>
internal sealed class CheckpointLoader(CheckpointFolder folder, IGang gang, CheckpointLedger ledger, Action<string> warn)
{
    private bool _rejected;

    /// <summary>
    /// The newest whole checkpoint that is not quarantined and not after the resume point; null: begin anew. Those after a resume point
    /// that names a step are quarantined, and so are torn and corrupted ones. Called again it finds the next one, after a
    /// <see cref="Reject"/>.
    /// </summary>
    /// <exception cref="TrainerException">The folder cannot be read, a peer is lost, or a step was asked for and there is nothing up to
    /// it.</exception>
    public CheckpointManifest? Find(ResumePoint resume)
    {
        var found = 0;
        if (gang.Rank == 0)
        {
            try
            {
                if (!_rejected) // what was found out since stands in the ledger, and perhaps nowhere else
                {
                    ledger.Load(folder.Steps().Select(s => new LedgerEntry(s, folder.ReadHealth(s))));
                }

                found = Search(resume);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw TrainerException.TryAgain(EndReason.CheckpointUnreadable, $"checkpoint folder {folder.Path}: {e.Message}", e);
            }
        }

        found = BitConverter.ToInt32(gang.Gather(BitConverter.GetBytes(found))[0]);
        var entries = CheckpointJsonContext.Default.LedgerEntryArray;
        ledger.Load(
            JsonSerializer.Deserialize(gang.Gather(JsonSerializer.SerializeToUtf8Bytes([.. ledger.Entries], entries))[0], entries)!);
        if (found == 0 && resume.Step is > 0 and var asked)
        {
            throw TrainerException.Configuration(EndReason.CheckpointMissing,
                $"checkpoint {asked} was asked for (MHC_RESUME_STEP), and {folder.Path} has none up to that step that can be used; checkpoints.resume: None begins anew (mhc run: without --resume)").OfAll();
        }

        try
        {
            return found == 0 ? null : Reading(found, () => folder.ReadManifest(found));
        }
        catch (InvalidDataException e)
        {
            // Rank 0 has read it just now: this rank sees another folder.
            throw TrainerException.TryAgain(EndReason.CheckpointUnreadable, $"checkpoint {found}: {e.Message}", e);
        }
    }

    /// <summary>A checkpoint that was found is of no use after all; every rank calls it.</summary>
    /// <param name="step">Its step.</param>
    /// <param name="failure">What is wrong with it.</param>
    public void Reject(int step, string failure)
    {
        if (gang.Rank == 0)
        {
            warn($"checkpoint {step} is torn or corrupted and is not used: {failure}");
        }

        ledger.Quarantine(step, $"torn or corrupted: {failure}");
        _rejected = true;
    }

    /// <summary>Reads tensors of a checkpoint, whatever the number of ranks that wrote it.</summary>
    /// <param name="manifest">Of the checkpoint.</param>
    /// <param name="wanted">Names to read.</param>
    /// <returns>New tensors; the caller disposes of them.</returns>
    /// <exception cref="InvalidDataException">A file is not what its header says.</exception>
    /// <exception cref="TrainerException">A file cannot be read.</exception>
    public IReadOnlyList<NamedTensor> Read(CheckpointManifest manifest, Func<string, bool> wanted) =>
        Reading(manifest.Step, () => ReadShards(folder, manifest, wanted));

    /// <summary>Reads tensors of a checkpoint.</summary>
    /// <exception cref="InvalidDataException">A file is not what its header says.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyList<NamedTensor> ReadShards(CheckpointFolder folder, CheckpointManifest manifest, Func<string, bool> wanted) =>
        [.. manifest.Shards.SelectMany(s => SafeTensorsReader.Read(Path.Combine(folder.Of(manifest.Step), s.File), wanted))];

    private static T Reading<T>(int step, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TrainerException.TryAgain(EndReason.CheckpointUnreadable, $"checkpoint {step}: {e.Message}", e);
        }
    }

    private int Search(ResumePoint resume)
    {
        if (resume.Step is { } last)
        {
            ledger.QuarantineFrom(last + 1, $"training went back to step {last}");
        }

        foreach (var entry in ledger.Entries.Where(e => e.State != CheckpointHealth.Quarantined).Reverse())
        {
            try
            {
                CheckpointIntegrity.Check(folder, entry.Step);
                if (resume.Step is { } asked && asked != entry.Step)
                {
                    warn($"checkpoint {asked} was asked for; the newest usable one is {entry.Step}");
                }

                return entry.Step;
            }
            catch (InvalidDataException e)
            {
                warn($"checkpoint {entry.Step} is torn or corrupted and is not used: {e.Message}");
                ledger.Quarantine(entry.Step, $"torn or corrupted: {e.Message}");
            }
        }

        if (resume.Step is null && ledger.Entries.Count > 0)
        {
            warn($"none of the {ledger.Entries.Count} checkpoints in {folder.Path} can be used: training begins anew");
        }

        return 0;
    }
}
