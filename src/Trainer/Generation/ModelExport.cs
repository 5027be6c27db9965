using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Files;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Generation;

/// <summary>
/// Writes a model for other programs: <c>model.safetensors</c> with the weights under their own names, and <c>config.json</c>.
/// </summary>
internal static class ModelExport
{
    private const string WeightsName = "model.safetensors";
    private const string ConfigurationName = "config.json";

    /// <summary>Writes both files; each is replaced as a whole.</summary>
    /// <param name="trained">The model.</param>
    /// <param name="folder">Made where it is not there.</param>
    /// <exception cref="TrainerException">They cannot be written.</exception>
    public static void Write(TrainedModel trained, string folder)
    {
        var manifest = trained.Manifest;
        var sizes = trained.Model.Sizes;
        var configuration = new ExportedConfiguration
        {
            Layers = sizes.Layers,
            Width = sizes.Width,
            Heads = sizes.Heads,
            KeyValueHeads = sizes.KeyValueHeads,
            FeedForwardWidth = sizes.FeedForwardWidth,
            ContextLength = sizes.ContextLength,
            Vocabulary = sizes.Vocabulary,
            Residual = manifest.Model.Residual,
            Streams = manifest.Model.Mhc.Streams,
            SinkhornIterations = manifest.Model.Mhc.SinkhornIterations,
            Head = manifest.Model.Mhc.Head,
            RotaryTheta = Rotary.Theta,
            NormEpsilon = RmsNormKernels.Epsilon,
            Tokenizer = manifest.Tokenizer,
            Step = manifest.Step,
            WeightsSha256 = manifest.WeightsSha256,
        };
        if (File.Exists(folder))
        {
            throw TrainerException.Configuration(EndReason.OutputNotWritable, $"--output {folder}: it is no folder");
        }

        try
        {
            var disk = Disk.Instance;
            disk.CreateFolder(folder);
            var tensors = trained.Model.NamedParameters.Select(p => new NamedTensor(p.Name, p.Value)).ToList();
            disk.WriteAtomically(Path.Combine(folder, WeightsName),
                file => SafeTensorsWriter.Write(file, tensors,
                    new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" }));
            disk.WriteAtomically(Path.Combine(folder, ConfigurationName),
                JsonSerializer.SerializeToUtf8Bytes(configuration, GenerationJsonContext.Default.ExportedConfiguration));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TrainerException.Configuration(EndReason.OutputNotWritable, $"--output {folder}: {e.Message}", e);
        }
    }
}
