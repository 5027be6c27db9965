using System.Globalization;
using System.Text.Json;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// Writes a checkpoint with all ranks: each one its share of the tensors into a folder set aside, flushed and hashed; when all have
/// agreed that theirs is on the disk, rank 0 adds the manifest and gives the folder its name, under the fence. Until that one rename there
/// is no new checkpoint, and whatever fails before it leaves the older ones as they were.
/// </summary>
internal sealed class CheckpointWriter(CheckpointFolder folder, CheckpointFence fence, IGang gang, int attempt)
{
    /// <summary>Writes and commits. Every rank calls it with the same step.</summary>
    /// <param name="manifest">Complete but for shards and the weights' hash.</param>
    /// <param name="shared">Tensors that all ranks hold alike; each rank writes some.</param>
    /// <param name="own">Tensors that this rank alone holds.</param>
    /// <param name="weightsSha256">Hash of the weights; used on rank 0.</param>
    /// <returns>Null on success, else what failed, the same on every rank.</returns>
    /// <exception cref="TrainerException">A newer attempt owns the folder, or a peer is lost.</exception>
    public string? Write(CheckpointManifest manifest, IReadOnlyList<NamedTensor> shared, IReadOnlyList<NamedTensor> own, Func<string> weightsSha256)
    {
        var temporary = folder.TemporaryOf(manifest.Step, attempt);
        var failure = Agree(OnRankZero(() => Prepare(temporary)), out _)
            ?? Agree(Try(() => WriteShard(temporary, shared, own)), out var shards)
            ?? Agree(OnRankZero(() => Commit(temporary, manifest with { Shards = shards, WeightsSha256 = weightsSha256() })), out _);
        if (failure is not null && gang.Rank == 0)
        {
            TryDelete(temporary);
        }

        return failure;
    }

    private static void Prepare(string temporary)
    {
        TryDelete(temporary);
        Directory.CreateDirectory(temporary);
    }

    private ShardRecord WriteShard(string temporary, IReadOnlyList<NamedTensor> shared, IReadOnlyList<NamedTensor> own)
    {
        var owners = ShardPlan.Assign([.. shared.Select(t => t.Bytes)], gang.Size);
        var mine = shared.Where((_, i) => owners[i] == gang.Rank).Concat(own).ToList();
        var name = string.Create(CultureInfo.InvariantCulture, $"rank-{gang.Rank:D5}.safetensors");
        using var file = new FileStream(Path.Combine(temporary, name), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        using var hashed = new HashingStream(file);
        SafeTensorsWriter.Write(hashed, mine, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        file.Flush(flushToDisk: true);
        return new ShardRecord(name, file.Length, hashed.Sha256);
    }

    private void Commit(string temporary, CheckpointManifest manifest)
    {
        DurableFiles.Write(Path.Combine(temporary, CheckpointFolder.ManifestName), JsonSerializer.SerializeToUtf8Bytes(manifest, CheckpointJsonContext.Default.CheckpointManifest));
        folder.WriteHealth(temporary, CheckpointHealth.Candidate, "just committed");
        DurableFiles.SyncFolder(temporary);
        fence.WhileOwner(() => folder.Commit(temporary, manifest.Step));
    }

    private ShardOutcome OnRankZero(Action action) => gang.Rank != 0
        ? new ShardOutcome(Shard: null, Error: null)
        : Try(() =>
        {
            action();
            return null;
        });

    private static ShardOutcome Try(Func<ShardRecord?> action)
    {
        try
        {
            return new ShardOutcome(action(), Error: null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ShardOutcome(Shard: null, e.Message);
        }
        catch (TrainerException e)
        {
            return new ShardOutcome(Shard: null, e.Message, Superseded: true);
        }
    }

    /// <summary>Tells all ranks how it went; they all take the same decision.</summary>
    private string? Agree(ShardOutcome mine, out IReadOnlyList<ShardRecord> shards)
    {
        var json = CheckpointJsonContext.Default.ShardOutcome;
        var outcomes = gang.Gather(JsonSerializer.SerializeToUtf8Bytes(mine, json)).Select(o => JsonSerializer.Deserialize(o, json)!).ToList();
        shards = [.. outcomes.Select(o => o.Shard).OfType<ShardRecord>()];
        if (outcomes.Find(o => o.Superseded) is { Error: { } refusal })
        {
            throw TrainerException.TryAgain("Superseded", refusal);
        }

        var errors = outcomes.Select((o, rank) => o.Error is null ? null : $"rank {rank}: {o.Error}").OfType<string>().ToList();
        return errors.Count == 0 ? null : string.Join("; ", errors);
    }

    private static void TryDelete(string temporary)
    {
        try
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
        catch (IOException)
        {
            // It is cleared away when the next attempt begins.
            return;
        }
    }
}
