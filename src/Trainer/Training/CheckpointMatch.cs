using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// Whether training can go on from a checkpoint: what may not change in a running job may not change between a checkpoint and who goes on
/// from it, either. Shapes do not show it all: another number of heads has the same tensors.
/// </summary>
internal static class CheckpointMatch
{
    /// <summary>Compares, field by field.</summary>
    /// <param name="saved">The checkpoint's manifest.</param>
    /// <param name="now">The manifest that this run would write.</param>
    /// <exception cref="TrainerException">Something differs; the message has the fields and both values.</exception>
    public static void Check(CheckpointManifest saved, CheckpointManifest now)
    {
        FieldValues[] both = [Identity(saved, now), Identity(now, now)];
        var differing = FieldValues.Differing(both);
        if (differing.Count > 0)
        {
            throw TrainerException.Configuration(
                EndReason.CheckpointMismatch,
                $"checkpoint {saved.Step} was made with {string.Join("; ", differing.Select(path => $"{path}: {both[0][path]}, and this job has {both[1][path]}"))}. Give the job what the checkpoint was made with, or its own checkpoint folder, or begin anew with checkpoints.resume: None (mhc run: without --resume)").OfAll();
        }
    }

    private static FieldValues Identity(CheckpointManifest manifest, CheckpointManifest now)
    {
        var values = new FieldValues();
        var sizes = new ModelDimensions(manifest.Model, manifest.Vocabulary);
        // What was left out counts as what it stands for, and what is not used counts for nothing.
        var model = manifest.Model with
        {
            KeyValueHeads = (int)sizes.KeyValueHeads,
            FeedForwardWidth = (int)sizes.FeedForwardWidth,
            Vocabulary = manifest.Vocabulary,
            Mhc = manifest.Model.Residual == ResidualKind.Standard ? new MhcSpec() : manifest.Model.Mhc,
        };
        values.Add("spec.model", JsonSerializer.SerializeToNode(model, ApiJsonContext.Default.ModelSpec));
        values.Add("spec.data.tokenizer", manifest.Tokenizer.ToString());
        values.Add("spec.optimization.seed", $"{manifest.Seed}");
        values.Add("spec.optimization.batchTokens", $"{(long)manifest.BatchSamples * manifest.Model.ContextLength}");
        values.Add("spec.data (tokens to train on, in samples)", $"{manifest.Samples}");
        values.Add("spec.data (SHA-256 of what it holds)", manifest.DataSha256 ?? now.DataSha256 ?? FieldValues.Absent);
        return values;
    }
}
