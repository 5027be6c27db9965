using System.Text;
using MhcOperator.Api;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Training;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Generation;

/// <summary>Writes text with a byte-level model, one byte at a time, seeing the last contextLength bytes.</summary>
internal sealed class TextGenerator : IDisposable
{
    private const int ByteValues = 256;

    private readonly Transformer _model;
    private readonly int _context;

    private TextGenerator(Transformer model, int context) => (_model, _context) = (model, context);

    /// <summary>Loads the model of a checkpoint; its manifest says what model it is.</summary>
    /// <param name="path">A checkpoint, or a folder of checkpoints.</param>
    /// <param name="kernels">How mHC is computed.</param>
    /// <exception cref="TrainerException">There is no whole checkpoint.</exception>
    public static TextGenerator Load(string path, KernelKind kernels)
    {
        var (folder, manifest) = Find(path);
        if (manifest.Vocabulary != ByteValues)
        {
            throw TrainerException.Configuration("NotText", $"{folder.Of(manifest.Step)}: the model has {manifest.Vocabulary} tokens; text can be made by models of {ByteValues} (bytes)");
        }

        var model = new Transformer(manifest.Model, manifest.Vocabulary, Precision.Float32, kernels, seed: 0);
        var tensors = CheckpointLoader.ReadShards(folder, manifest, TrainingState.IsWeight);
        TrainingState.RestoreWeights(model, manifest.Step, tensors);
        foreach (var tensor in tensors)
        {
            tensor.Value.Dispose();
        }

        return new TextGenerator(model, manifest.Model.ContextLength);
    }

    /// <summary>The prompt and what follows. Bytes that make no character are shown as U+FFFD.</summary>
    public string Continue(string prompt, int tokens, double temperature, int seed)
    {
        var text = new List<long>(Encoding.UTF8.GetBytes(prompt).Select(b => (long)b));
        if (text.Count == 0)
        {
            text.Add('\n');
        }

        var generator = new Random(seed);
        for (var i = 0; i < tokens; i++)
        {
            text.Add(Next(text, temperature, generator));
        }

        return Encoding.UTF8.GetString([.. text.Select(t => (byte)t)]);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private static (CheckpointFolder Folder, CheckpointManifest Manifest) Find(string path)
    {
        var single = File.Exists(Path.Combine(path, CheckpointFolder.ManifestName));
        var folder = CheckpointFolder.OpenForReading(single ? Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(path))! : path);
        var problem = $"{path} has no checkpoint";
        try
        {
            foreach (var step in folder.Steps().Reverse().Where(s => single ? string.Equals(folder.Of(s), Path.TrimEndingDirectorySeparator(path), StringComparison.Ordinal) : folder.ReadHealth(s) != CheckpointHealth.Quarantined))
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

        throw TrainerException.TryAgain("CheckpointUnreadable", problem);
    }

    private long Next(List<long> text, double temperature, Random generator)
    {
        using var scope = NewDisposeScope();
        var seen = text.Skip(Math.Max(0, text.Count - _context)).ToArray();
        var logits = _model.Logits(tensor(seen, [1, seen.Length])).select(1, seen.Length - 1).reshape(-1).to(ScalarType.Float64);
        if (temperature == 0)
        {
            return logits.argmax().item<long>();
        }

        var weights = nn.functional.softmax(logits / temperature, dim: 0).data<double>().ToArray();
        var draw = generator.NextDouble();
        for (var token = 0; token < weights.Length; token++)
        {
            draw -= weights[token];
            if (draw < 0)
            {
                return token;
            }
        }

        return weights.Length - 1;
    }
}
