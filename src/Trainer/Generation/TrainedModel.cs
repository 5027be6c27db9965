using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Generation;

/// <summary>The model of a checkpoint, in float32.</summary>
internal sealed class TrainedModel : IDisposable
{
    /// <param name="model">Owned from now on.</param>
    /// <param name="manifest">Of its checkpoint.</param>
    public TrainedModel(Transformer model, CheckpointManifest manifest) => (Model, Manifest) = (model, manifest);

    /// <summary>The model.</summary>
    public Transformer Model { get; }

    /// <summary>What the checkpoint says of it.</summary>
    public CheckpointManifest Manifest { get; }

    /// <summary>Loads the model of a checkpoint; its manifest says what model it is.</summary>
    /// <param name="path">A checkpoint, or a folder of checkpoints: then the newest whole one that is not quarantined.</param>
    /// <param name="kernels">How mHC is computed.</param>
    /// <exception cref="TrainerException">There is no whole checkpoint.</exception>
    public static TrainedModel Load(string path, KernelKind kernels)
    {
        var (folder, manifest) = Find(Path.GetFullPath(Path.TrimEndingDirectorySeparator(path)));
        Transformer? model = null;
        IReadOnlyList<NamedTensor> tensors = [];
        try
        {
            tensors = CheckpointLoader.ReadShards(folder, manifest, TrainingState.IsWeight);
            model = new Transformer(manifest.Model, manifest.Vocabulary, Precision.Float32, kernels, seed: 0);
            TrainingState.RestoreWeights(model, tensors);
            return new TrainedModel(model, manifest);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            model?.Dispose();
            throw TrainerException.TryAgain(EndReason.CheckpointUnreadable, $"checkpoint {manifest.Step} of {folder.Path}: {e.Message}", e);
        }
        finally
        {
            foreach (var tensor in tensors)
            {
                tensor.Value.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    private static (CheckpointFolder Folder, CheckpointManifest Manifest) Find(string path)
    {
        if (!Directory.Exists(path))
        {
            throw TrainerException.Configuration(EndReason.CheckpointMissing, $"--checkpoint: {path} is no folder");
        }

        var single = File.Exists(Path.Combine(path, CheckpointLayout.ManifestName));
        var folder = CheckpointFolder.OpenForReading(single ? Path.GetDirectoryName(path)! : path);
        var problem = $"{path} has no checkpoint";
        try
        {
            foreach (var step in folder.Steps().Reverse()
                .Where(
                    s => single ? string.Equals(folder.Of(s), path, StringComparison.Ordinal)
                        : folder.ReadHealth(s) != CheckpointHealth.Quarantined))
            {
                try
                {
                    return (folder, CheckpointIntegrity.Check(folder, step));
                }
                catch (InvalidDataException e)
                {
                    problem = e.Message;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = e.Message;
        }

        throw TrainerException.TryAgain(EndReason.CheckpointUnreadable, problem);
    }
}
