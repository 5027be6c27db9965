using System.Globalization;
using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Files;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// Writes checkpoints with all ranks, while they train on. Each rank copies its share of the tensors and writes them in the background into
/// a folder set aside, flushed and hashed; when all have agreed that theirs is on the disk, rank 0 adds the manifest and gives the folder
/// its name, under the fence, in the background too. Until that one rename there is no new checkpoint, and whatever fails before it leaves
/// the older ones as they were. The ranks agree only where all of them call <see cref="Advance"/> or <see cref="Drain"/>.
/// </summary>
internal sealed class CheckpointWriter(CheckpointFolder folder, CheckpointFence fence, IGang gang, int attempt,
    TimeProvider time) : IDisposable
{
    private static readonly Dictionary<string, string> FileMetadata = new(StringComparer.Ordinal) { ["format"] = "pt" };

    private readonly HostSnapshot _snapshot = new();
    private Job? _job;

    /// <summary>Whether a checkpoint is being written.</summary>
    public bool IsBusy => _job is not null;

    /// <summary>Whether this rank has done what the ranks must agree on next.</summary>
    public bool IsReady => _job is { Work.IsCompleted: true };

    /// <summary>Begins a checkpoint. Every rank calls it after the same step, when none is being written.</summary>
    /// <param name="manifest">Complete but for shards and the weights' hash.</param>
    /// <param name="shared">Tensors that all ranks hold alike; each rank writes some.</param>
    /// <param name="own">Tensors that this rank alone holds.</param>
    /// <param name="weights">The weights under their own names, for their hash.</param>
    public void Begin(CheckpointManifest manifest, IReadOnlyList<NamedTensor> shared, IReadOnlyList<NamedTensor> own,
        IEnumerable<NamedTensor> weights)
    {
        if (_job is not null)
        {
            throw new InvalidOperationException($"Checkpoint {_job.Manifest.Step} is still being written.");
        }

        var owners = ShardPlan.Assign([.. shared.Select(t => t.Bytes)], gang.Size);
        var mine = shared.Where((_, i) => owners[i] == gang.Rank).Concat(own).ToList();
        var numberOf = mine.Select((t, i) => (t.Value, i)).ToDictionary(t => (object)t.Value, t => t.i, ReferenceEqualityComparer.Instance);
        // Rank 0 hashes all weights: those that others write are copied besides.
        var hashed = weights.Where(w => gang.Rank == 0 || numberOf.ContainsKey(w.Value)).ToList();
        var others = hashed.Where(w => !numberOf.ContainsKey(w.Value)).ToList();
        var copies = _snapshot.Take([.. mine, .. others.Select(w => w with { Name = "hashed." + w.Name })]);
        var othersCopied = others.Zip(copies.Skip(mine.Count)).ToDictionary(o => o.First.Name, o => o.Second.Value, StringComparer.Ordinal);
        var writerOf = shared.Select((t, i) => (t.Value, Rank: owners[i]))
            .ToDictionary(t => (object)t.Value, t => t.Rank, ReferenceEqualityComparer.Instance);
        IReadOnlyList<WrittenWeight> weightCopies =
        [
            .. hashed.Select(w => new WrittenWeight(
                w with { Value = othersCopied.TryGetValue(w.Name, out var copy) ? copy : copies[numberOf[w.Value]].Value },
                writerOf.GetValueOrDefault(w.Value))),
        ];
        var temporary = folder.TemporaryOf(manifest.Step, attempt);
        var shard = copies.Take(mine.Count).ToList();
        var job = new Job(manifest, temporary, weightCopies, time.GetTimestamp());
        job.Work = InBackground(() =>
        {
            _snapshot.Copied.GetAwaiter().GetResult();
            var began = time.GetTimestamp();
            var record = WriteShard(temporary, shard);
            (job.OwnBytes, job.WriteSeconds) = (record.Bytes, time.GetElapsedTime(began).TotalSeconds);
            return new ShardOutcome(record, Error: null) { WeightsSha256 = gang.Size == 1 ? null : job.HashOf(gang.Rank) };
        });
        _job = job;
    }

    /// <summary>Waits until the weights and the optimizer's state may change.</summary>
    public void WaitUntilCopied() => _snapshot.Copied.GetAwaiter().GetResult();

    /// <summary>Goes on with the checkpoint. To be called by all ranks when all of them are ready.</summary>
    /// <returns>How it ended; null: it goes on.</returns>
    /// <exception cref="TrainerException">A newer attempt owns the folder, or a peer is lost.</exception>
    public CheckpointOutcome? Advance()
    {
        if (_job is not { } job)
        {
            return null;
        }

        var failure = Agree(job.Work.GetAwaiter().GetResult(), out var outcomes);
        if (failure is null && !job.Commits)
        {
            job.Commits = true;
            IReadOnlyList<ShardRecord> shards = [.. outcomes.Select(o => o.Shard).OfType<ShardRecord>()];
            job.Bytes = shards.Sum(s => s.Bytes);
            job.Work = gang.Rank == 0
                ? InBackground(() =>
                {
                    Compare(job, outcomes);
                    Commit(
                        job.Temporary, job.Manifest with
                        {
                            Shards = shards,
                            WeightsSha256 = WeightsHash.Compute(job.Weights.Select(w => w.Copy))
                        });
                    return new ShardOutcome(Shard: null, Error: null);
                })
                : Task.FromResult(new ShardOutcome(Shard: null, Error: null));
            return null;
        }

        if (failure is not null && gang.Rank == 0)
        {
            TryDelete(job.Temporary);
        }

        _job = null;
        return new CheckpointOutcome(job.Manifest.Step, failure, job.Bytes, time.GetElapsedTime(job.Began).TotalSeconds, job.OwnBytes,
            job.WriteSeconds);
    }

    /// <summary>Waits for the end of the checkpoint that is being written. Every rank calls it after the same step.</summary>
    /// <returns>How it ended; null where there is none.</returns>
    /// <exception cref="TrainerException">A newer attempt owns the folder, or a peer is lost.</exception>
    public CheckpointOutcome? Drain()
    {
        CheckpointOutcome? outcome = null;
        while (IsBusy && outcome is null)
        {
            outcome = Advance();
        }

        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        WaitUntilCopied();
        // A process that ends in the middle of a checkpoint leaves the memory to the thread that writes it.
        if (_job is null or { Work.IsCompleted: true })
        {
            _snapshot.Dispose();
        }
    }

    private static Task<ShardOutcome> InBackground(Func<ShardOutcome> work) => OnItsOwnThread(() => Try(work));

    private static Task<T> OnItsOwnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private ShardRecord WriteShard(string temporary, IReadOnlyList<NamedTensor> tensors)
    {
        fence.Demand();
        // As much work as copying everything to the kernel: both are done at once.
        var hashing = OnItsOwnThread(() => Hash(tensors));
        try
        {
            var disk = folder.Disk;
            disk.CreateFolder(temporary);
            var name = string.Create(CultureInfo.InvariantCulture, $"rank-{gang.Rank:D5}.safetensors");
            using var file = disk.Create(Path.Combine(temporary, name));
            SafeTensorsWriter.Write(file, tensors, FileMetadata);
            disk.Flush(file);
            return new ShardRecord(name, file.Length, hashing.GetAwaiter().GetResult());
        }
        finally
        {
            // The memory may be used for the next checkpoint when this returns.
            Task.WaitAny(hashing);
        }
    }

    private static string Hash(IReadOnlyList<NamedTensor> tensors)
    {
        using var hash = new HashStream();
        SafeTensorsWriter.Write(hash, tensors, FileMetadata);
        return hash.Sha256;
    }

    /// <summary>
    /// Weights that drift apart would make up a checkpoint that is of no rank, and that nobody can load. Each rank has hashed those that it
    /// wrote; rank 0 has them all.
    /// </summary>
    private void Compare(Job job, IReadOnlyList<ShardOutcome> outcomes)
    {
        for (var rank = 1; rank < gang.Size; rank++)
        {
            if (!string.Equals(job.HashOf(rank), outcomes[rank].WeightsSha256, StringComparison.Ordinal))
            {
                throw TrainerException.TryAgain(
                    "WeightsDiffer",
                    string.Create(CultureInfo.InvariantCulture,
                        $"rank {rank} has other weights than rank 0 after step {job.Manifest.Step}, though all ranks must have the same: no checkpoint is made of them; training goes on from the one before"));
            }
        }
    }

    private void Commit(string temporary, CheckpointManifest manifest)
    {
        folder.Disk.Write(Path.Combine(temporary, CheckpointLayout.ManifestName), manifest.Render());
        folder.WriteHealth(temporary, CheckpointHealth.Candidate, "just committed");
        folder.Disk.FlushFolder(temporary);
        fence.WhileOwner(() => folder.Commit(temporary, manifest.Step));
    }

    private static ShardOutcome Try(Func<ShardOutcome> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ShardOutcome(Shard: null, e.Message);
        }
        catch (TrainerException e)
        {
            return new ShardOutcome(Shard: null, e.Message, e.Reason);
        }
    }

    /// <summary>Tells all ranks how it went; they all take the same decision.</summary>
    private string? Agree(ShardOutcome mine, out IReadOnlyList<ShardOutcome> outcomes)
    {
        var json = CheckpointJsonContext.Default.ShardOutcome;
        var all = gang.Gather(JsonSerializer.SerializeToUtf8Bytes(mine, json)).Select(o => JsonSerializer.Deserialize(o, json)!).ToList();
        outcomes = all;
        if (all.Find(o => o.Ends is not null) is { Ends: { } reason, Error: { } refusal })
        {
            if (gang.Rank == 0 && _job is { } job)
            {
                TryDelete(job.Temporary);
            }

            throw TrainerException.TryAgain(reason, refusal).OfAll();
        }

        var errors = all.Select((o, rank) => o.Error is null ? null : $"rank {rank}: {o.Error}").OfType<string>().ToList();
        return errors.Count == 0 ? null : string.Join("; ", errors);
    }

    private void TryDelete(string temporary)
    {
        try
        {
            if (Directory.Exists(temporary))
            {
                folder.Disk.DeleteFolder(temporary);
            }
        }
        catch (IOException)
        {
            // It is cleared away when the next attempt begins.
            return;
        }
    }

    /// <param name="Copy">A weight under its own name, as this rank has it.</param>
    /// <param name="Writer">Rank that writes it.</param>
    private sealed record WrittenWeight(NamedTensor Copy, int Writer);

    private sealed record Job(CheckpointManifest Manifest, string Temporary, IReadOnlyList<WrittenWeight> Weights, long Began)
    {
        /// <summary>What this rank does at the moment.</summary>
        public Task<ShardOutcome> Work { get; set; } = Task.FromResult(new ShardOutcome(Shard: null, Error: null));

        /// <summary>Whether all shards are on the disk.</summary>
        public bool Commits { get; set; }

        /// <summary>Size of all shards.</summary>
        public long Bytes { get; set; }

        /// <summary>Size of this rank's.</summary>
        public long OwnBytes { get; set; }

        /// <summary>How long it took to write.</summary>
        public double WriteSeconds { get; set; }

        /// <summary>Hash over the weights that a rank writes, as this one has them.</summary>
        public string HashOf(int rank) => WeightsHash.Compute(Weights.Where(w => w.Writer == rank).Select(w => w.Copy));
    }
}
