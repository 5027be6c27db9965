using System.Text;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.Stability;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// Takes training back to the newest checkpoint that is of use. Whatever is wrong with one, on whatever rank, it is quarantined and the one
/// before is tried; that it is of another job is no damage, but a mistake of somebody, and ends the job.
/// </summary>
/// <param name="loader">Finds and reads checkpoints.</param>
/// <param name="gang">The ranks.</param>
/// <param name="state">Filled.</param>
/// <param name="monitor">Is given back what it compares with.</param>
/// <param name="say">Takes lines for people.</param>
internal sealed class Resumption(CheckpointLoader loader, IGang gang, TrainingState state, StabilityMonitor monitor, Action<string> say)
{
    /// <summary>Goes back, on every rank to the same checkpoint.</summary>
    /// <param name="resume">What was asked for.</param>
    /// <param name="now">The manifest that this run would write.</param>
    /// <exception cref="TrainerException">The checkpoint is of another job, cannot be read, or a peer is lost.</exception>
    public TrainingProgress Begin(ResumePoint resume, CheckpointManifest now)
    {
        while (loader.Find(resume) is { } manifest)
        {
            CheckpointMatch.Check(manifest, now);
            if (Fill(manifest))
            {
                monitor.Restore(manifest.Stability);
                say($"training goes on after step {manifest.Step}, with data step {manifest.DataStep}");
                return new TrainingProgress(manifest.Step, manifest.DataStep, manifest.Tokens)
                {
                    Loss = manifest.Loss,
                    ValidationLoss = manifest.ValidationLoss
                };
            }
        }

        say("training begins at step 0");
        return default;
    }

    /// <summary>Whether all ranks could take the checkpoint.</summary>
    private bool Fill(CheckpointManifest manifest)
    {
        IReadOnlyList<NamedTensor> tensors = [];
        try
        {
            // First that the tensors are what was written, on all ranks; only then are this rank's own overwritten.
            if (Reject(manifest, Failure(() => Read(manifest, out tensors))))
            {
                return false;
            }

            string? half = null;
            if (Reject(manifest, Failure(() => half = state.Restore(tensors))))
            {
                return false;
            }

            return Reject(manifest, half)
                ? throw TrainerException.TryAgain(EndReason.CheckpointUnreadable,
                    $"checkpoint {manifest.Step} does not have the optimizer's state of this model; it is quarantined, and the next attempt begins with the one before").OfAll()
                : true;
        }
        finally
        {
            foreach (var tensor in tensors)
            {
                tensor.Value.Dispose();
            }
        }
    }

    private void Read(CheckpointManifest manifest, out IReadOnlyList<NamedTensor> tensors)
    {
        tensors = loader.Read(manifest, state.Wants);
        var hash = WeightsHash.Compute(TrainingState.WeightsOf(tensors));
        if (!string.Equals(hash, manifest.WeightsSha256, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"the weights have the SHA-256 {hash}; {manifest.WeightsSha256} was written");
        }
    }

    private static string? Failure(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    /// <summary>Whether any rank has found something wrong.</summary>
    private bool Reject(CheckpointManifest manifest, string? failure)
    {
        var failures = gang.Gather(Encoding.UTF8.GetBytes(failure ?? ""));
        var first = failures.FirstOrDefault(f => f.Length > 0);
        if (first is not null)
        {
            loader.Reject(manifest.Step, Encoding.UTF8.GetString(first));
        }

        return first is not null;
    }
}
