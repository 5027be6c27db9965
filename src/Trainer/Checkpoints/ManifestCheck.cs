using MhcOperator.Api.Contract;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Files;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Holds a manifest that could be parsed against what a checkpoint can be.</summary>
internal static class ManifestCheck
{
    /// <summary>
    /// What cannot be of any checkpoint; null: nothing. JSON may leave null wherever it likes, and any number where one is expected.
    /// </summary>
    public static string? Problem(CheckpointManifest manifest)
    {
        var shards = manifest.Shards;
        if (manifest.Model?.Mhc is null || manifest.Stability is null || manifest.Stability.Values.Any(v => v is null)
            || manifest.WeightsSha256 is null || shards is null || shards.Any(s => s is null))
        {
            return "null where a value was expected";
        }

        if (manifest is { Step: < 0 } or { DataStep: < 0 } or { Tokens: < 0 } or { WorldSize: < 1 } or { Vocabulary: < 1 } or { Seed: < 0 }
            or { BatchSamples: < 0 } or { Samples: < 0 } || shards.Any(s => s.Bytes < 0))
        {
            return "a number under the least that can be (of step, dataStep, tokens, worldSize, vocabulary, seed, batchSamples, samples or a shard's bytes)";
        }

        if (shards.FirstOrDefault(s => !RegularFile.IsPlainName(s.File)) is { } strange)
        {
            return $"a shard has the name {PrintableText.Quote(strange.File ?? "")}; the plain name of a file beside the manifest was expected";
        }

        try
        {
            return new ModelDimensions(manifest.Model, manifest.Vocabulary) is { Layers: <= 1024 } ? null : "model.layers is over 1024";
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }
}
